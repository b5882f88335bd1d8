"""What the venue refuses, as exceptions that a program can branch on: subclasses of `clients.errors.Refused`.

found       what an `err` says beside its text: the key at fault, the words that are allowed, the value that was sent
kinds       one class for each remedy
choice      the right class for an `err`, or for an entry of a batch
batch_results   the results of a batch, with the refusal of each operation
"""

"""The kernel that assembles rows of 128 bytes from columns. Columns that are equal in all rows come as one row."""

from exchange.kernel import kernel


@kernel
def scatter_columns(template, words, halves, octets, of_words, at_words, of_halves, at_halves, of_octets, at_octets):
    """Write every row: a copy of the template, then the columns. NumPy needs twice the time, as it reads rows again.

    template                       one row as uint64, shape (16,)
    words, halves, octets          the rows, changed in place, as uint64 (n, 16), uint32 (n, 32) and uint8 (n, 128)
    of_words, of_halves, of_octets columns of these types, shape (columns, n)
    at_words, at_halves, at_octets place of each column in a row, shape (columns,)
    """
    for row in range(words.shape[0]):
        for place in range(template.shape[0]):
            words[row, place] = template[place]
        for column in range(at_words.shape[0]):
            words[row, at_words[column]] = of_words[column, row]
        for column in range(at_halves.shape[0]):
            halves[row, at_halves[column]] = of_halves[column, row]
        for column in range(at_octets.shape[0]):
            octets[row, at_octets[column]] = of_octets[column, row]

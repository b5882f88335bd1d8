"""Many books side by side: the same kernels over B small markets, on processors and on a GPU (GPU-001 to GPU-010).

layout     rows of many books: what a flow does, a book's random numbers, what has happened in it
noise      kernel that draws one message of zero-intelligence flow from the book as it is
play       kernels that run one book or many: recorded rows, own commands, messages of the flow
books      `Books`: opens many equal markets, runs them, gives their results
markets    independent markets in turn, on one core or several
device     `DeviceBooks`: the same on a GPU, compared with the processor
memory     bytes of a book by table, and how many books fit into a GPU
questions  `gpux bench many` and `gpux bench gpu`
"""

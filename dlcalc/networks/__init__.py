"""A network as data, and what follows from it: shapes, counts, receptive fields, code, and the numbers themselves.

    readers.read_file("net.onnx"), text.read("32x32x3; dense 10")     a `network.Network`
    table.tabulate(network)             its `table.Table`: every layer worked out by its formula, and the totals
    kinds.KINDS                         what each kind of layer is, one record for each
    writers.write(network, "pytorch")   the network as a program
    forward                             the network run on real parameters; needs numpy and numba
    exercise, mistakes                  the table as an exercise, and what goes wrong in one

Nothing is imported here, so that a table loads neither a reader nor a kernel that it does not need.
"""

"""Training steps on flat arrays: nothing is allocated and nothing of Python runs between two of them.

A step is a row of whole numbers: what it does, then where in the flat arrays it reads and writes. `machine` runs rows
in order; each other file holds the steps of one subject. Every function takes

    n      examples of this batch, at most those that the arrays were laid out for
    s      its row; -1 stands for what is not there
    a      the arena: activations, their gradients and what a backward pass needs, by offset
    p, g   the parameters, trained ones first, and the gradients of the trained ones
    i      whole numbers of the pass: indices of words, classes, places of maxima
    t      tables of whole numbers that are fixed by the network: geometries, windows

Maps are (N, C, H, W), signals (N, C, L), sequences (T, N, n), so that a time step is one block. Weights of a dense or
recurrent layer are (inputs, outputs), filters (inputs·taps, filters) of each group: a product then reads them as they
are. Gradients of parameters are added to, those of activations are written, or added where a flag says so.
"""

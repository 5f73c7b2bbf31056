"""The OpenBLAS that NumPy brings, as a peer: `openblas.py THREADS`. The environment says it how many threads to use."""

import numpy as np

import protocol


def load(name):
    if not protocol.product(name):
        return None
    a, b, c = protocol.operands(name)
    matmul = np.matmul
    matmul(a, b, out=c)
    return protocol.sample(c), lambda: matmul(a, b, out=c)


protocol.serve(load)

import numpy


def run(url):
    return numpy.linalg.solve(numpy.array([[2.0, 0], [0, 4]]), numpy.array([2.0, 8])).tolist()

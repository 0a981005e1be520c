import sympy


def run(url):
    x = sympy.symbols("x")
    return [
        str(each)
        for each in (sympy.solve(x**2 - 5 * x + 6, x), sympy.diff(sympy.sin(x) ** 2, x), sympy.integrate(1 / x, x))
    ]

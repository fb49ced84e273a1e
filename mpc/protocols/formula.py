"""Integer formulas over named counts, as sizes and repetitions of messages are declared: "16*cells + 64".

Names, numbers, + - * // and parentheses; anything else is refused, so a formula computes nothing but a number. What a
name stands for is the business of whoever evaluates it.
"""

import ast
import operator
from collections.abc import Callable, Mapping

_OPERATORS: Mapping[type[ast.operator], Callable[[int, int], int]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.FloorDiv: operator.floordiv,
}


def evaluate(formula: str, counts: Mapping[str, int]) -> int:
    """Evaluate a formula.

    Raises:
        KeyError: a name that ``counts`` does not give.
        ValueError: something else than plain arithmetic.
    """
    return _value(ast.parse(formula, mode="eval").body, counts)


def names(formula: str) -> frozenset[str]:
    """Return the names that a formula needs."""
    return frozenset(node.id for node in ast.walk(ast.parse(formula, mode="eval")) if isinstance(node, ast.Name))


def _value(node: ast.expr, counts: Mapping[str, int]) -> int:
    match node:
        case ast.Constant(value=int(number)):
            return number
        case ast.Name(id=name):
            return counts[name]
        case ast.BinOp(left=left, op=op, right=right) if type(op) in _OPERATORS:
            return _OPERATORS[type(op)](_value(left, counts), _value(right, counts))
        case _:
            raise ValueError("a size formula holds names, numbers, + - * // and parentheses only")

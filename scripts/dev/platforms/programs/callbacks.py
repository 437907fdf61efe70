"""Calls C through ctypes, and is called back by it."""

import ctypes

KIND = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.POINTER(ctypes.c_int), ctypes.POINTER(ctypes.c_int))
numbers = (ctypes.c_int * 5)(5, 3, 1, 4, 2)
ctypes.CDLL(None).qsort(numbers, 5, ctypes.sizeof(ctypes.c_int), KIND(lambda a, b: a[0] - b[0]))
assert list(numbers) == [1, 2, 3, 4, 5], list(numbers)
print("ok callbacks.py")

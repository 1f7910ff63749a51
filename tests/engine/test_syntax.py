"""Laws of the parser that all threads share."""

from __future__ import annotations

import ast
import gc
import threading
import time

from engine.syntax import parse

SOURCE = "\n".join(f"def f{i}(x):\n    return [(x + {i})*(x - 1)**2 for x in range({i})]" for i in range(150))


def test_threads_that_parse_at_once_get_the_same_tree() -> None:
    expected, found, faults = ast.dump(parse(SOURCE)), list[ast.Module](), list[BaseException]()

    def read() -> None:
        try:
            found.extend(parse(SOURCE) for _ in range(8))
        except BaseException as error:  # a SystemError is what the law is about
            faults.append(error)

    def collecting(phase: str, info: object) -> None:  # others look on too, and let threads take turns
        time.sleep(0)

    gc.callbacks.append(collecting)
    try:
        threads = [threading.Thread(target=read) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        gc.callbacks.remove(collecting)
    assert faults == []
    assert {ast.dump(tree) for tree in found[::8]} == {expected}

"""What holds for every test: examples that are the same on every machine, and no deadline on a busy one.

And both kernels, for the tests of what they compute: numpy, and C where this machine has a compiler.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pytest
from hypothesis import settings

from models.kernel import NUMPY, VARIABLE
from models.kernel_build import build, find_compiler
from policies import policy
from policies.policy import Policy, policy_of

settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")

LONGEST = ("training", "end_to_end")
"""Rooms whose files take minutes: a worker runs whole files, so these come first, and none is waited for at the end."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not set(LONGEST) & set(item.path.parts))


@cache
def _policy_of(sources: tuple[tuple[str, str], ...]) -> Policy:
    return policy_of(dict(sources))


@pytest.fixture(scope="module", autouse=True)
def policy_checked_once(request: pytest.FixtureRequest) -> Iterator[None]:
    """The same files are checked once a session: a policy is immutable, and its tables take a tenth of a second.

    Not where the tests are of policies.
    """
    if "policies" in request.path.parts:
        yield
        return

    def known(sources: Mapping[str, str]) -> Policy:
        return _policy_of(tuple(sources.items()))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(policy, "policy_of", known)
        yield


@pytest.fixture(scope="session")
def environment_with_kernel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A made-up environment in which the kernel is compiled; where there is a compiler, it must compile."""
    if find_compiler() is None:
        pytest.skip("no C compiler on this machine, so there is no compiled kernel to test")
    prefix = tmp_path_factory.mktemp("environment")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "prefix", str(prefix))
        build()
    return prefix


@pytest.fixture(scope="module", params=[NUMPY, "compiled"])
def kernel(request: pytest.FixtureRequest) -> Iterator[None]:
    """The tests of a module once with each kernel."""
    with pytest.MonkeyPatch.context() as patch:
        if request.param == NUMPY:
            patch.setenv(VARIABLE, NUMPY)
        else:
            patch.delenv(VARIABLE, raising=False)
            patch.setattr(sys, "prefix", str(request.getfixturevalue("environment_with_kernel")))
        yield


@pytest.fixture(scope="module")
def compiled(environment_with_kernel: Path) -> Iterator[None]:
    """The compiled kernel, for tests that compare it with numpy."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv(VARIABLE, raising=False)
        patch.setattr(sys, "prefix", str(environment_with_kernel))
        yield

"""Where the positions of a long trajectory go: memory up to a limit, or one .npy file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Self

import numpy as np

from megabar.errors import UnreadableFile

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType
    from typing import BinaryIO

    from numpy.typing import NDArray


class InMemory:
    """Blocks of positions, float64, up to a number of bytes.

    Parameters
    ----------
    path
        The file that is read, for the message.
    limit
        Bytes.
    """

    def __init__(self, path: Path, limit: int) -> None:
        self.path = path
        self.limit = limit
        self.blocks: list[NDArray[np.float64]] = []
        self.size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def append(self, block: NDArray[np.floating[Any]]) -> None:
        """Take one block.

        Parameters
        ----------
        block
            Positions [m], (frame, atom, 3).

        Raises
        ------
        UnreadableFile
            If all blocks together exceed the limit.
        """
        self.size += block.nbytes
        if self.size > self.limit:
            raise UnreadableFile(
                file=self.path.name,
                field="size",
                found=f"positions of more than {self.limit / 2**20:.0f} MiB.",
                remedy="Give store=... for positions on disk, every=..., or a larger memory_limit.",
            )
        self.blocks.append(np.asarray(block, dtype=np.float64))

    def array(self) -> NDArray[np.floating[Any]]:
        """Give all positions.

        Returns
        -------
        :
            Positions [m], (frame, atom, 3).
        """
        if len(self.blocks) > 1:
            whole = np.empty((sum(map(len, self.blocks)), *self.blocks[0].shape[1:]))
            start = 0
            for i, block in enumerate(self.blocks):
                whole[start : start + len(block)] = block
                start += len(block)
                self.blocks[i] = block[:0]  # memory of one block beside the whole
            self.blocks = [whole]
        return self.blocks[0]


class OnDisk:
    """Blocks of positions, float32, in one new .npy file that is mapped afterwards.

    Parameters
    ----------
    path
        The file to make; it must not exist.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.frames = 0
        self.shape: tuple[int, ...] = ()
        self.stream: BinaryIO | None = None

    def __enter__(self) -> Self:
        self.stream = self.path.open("xb")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self.stream is None:
            return
        if kind is None:
            self.stream.seek(0)
            self._header()  # numpy leaves room for a longer count of frames
        self.stream.close()
        if kind is not None:
            self.path.unlink()

    def append(self, block: NDArray[np.floating[Any]]) -> None:
        """Write one block.

        Parameters
        ----------
        block
            Positions [m], (frame, atom, 3).
        """
        if self.stream is None:
            msg = "Found a store that was never opened; write inside a with block."
            raise ValueError(msg)
        if not self.frames:
            self.shape = block.shape[1:]
            self._header()
        self.stream.write(np.ascontiguousarray(block, dtype="<f4").tobytes())
        self.frames += len(block)

    def array(self) -> NDArray[np.floating[Any]]:
        """Map all positions from the file.

        Returns
        -------
        :
            Positions [m], (frame, atom, 3).
        """
        mapped: NDArray[np.floating[Any]] = np.load(self.path, mmap_mode="r")
        return mapped

    def _header(self) -> None:
        described: dict[str, Any] = {
            "descr": "<f4",
            "fortran_order": False,
            "shape": (self.frames, *self.shape),
        }
        np.lib.format.write_array_header_1_0(self.stream, described)  # type: ignore[arg-type]

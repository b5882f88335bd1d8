"""`gpux completion`: scripts that let a shell complete commands and options."""

from typing import Literal

import cyclopts


def add_command(app: cyclopts.App) -> None:
    """Add `gpux completion` to the app whose commands it completes."""

    @app.command
    def completion(shell: Literal["bash", "zsh", "fish"]) -> None:
        """Print the completion script of a shell, which reads it from a file: gpux completion bash > FILE; source FILE

        Args:
            shell: The shell.
        """
        print(app.generate_completion(prog_name="gpux", shell=shell))

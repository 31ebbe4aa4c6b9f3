"""The command line of ``lectern say``, whose text may begin with a minus sign."""

from typing import Any

from typer.core import TyperCommand


class SaidCommand(TyperCommand):
    """A command whose text may begin with a minus sign: ``lectern say -5~40℃``."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Let what is no option by its look be text; a misspelled option stays an error."""
        signs = [arg for arg in args if len(arg) > 1 and arg[0] == "-" and not arg[1].isalpha()]
        if any(arg[1] != "-" for arg in signs):
            ctx.ignore_unknown_options = True
        return super().parse_args(ctx, args)

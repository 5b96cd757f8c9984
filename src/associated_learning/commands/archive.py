"""Pack what the figures and tables of a scale read; unpack it, or go on from it (resume)."""

from pathlib import Path

from associated_learning.commands import Parser


def main(argv: list[str] | None = None) -> None:
    """Run the command."""
    p = Parser("archive", __doc__)
    p.add_argument("action", choices=("pack", "unpack", "resume"), help="what to do with it")
    p.add_argument("archive", type=Path, help="a zip file below archives/")
    p.add_argument("files", type=Path, nargs="*", help="what to pack")
    p.add_argument("--folder", type=Path, required=True, help="where the files lie, e.g. results")
    p.add_argument("--overwrite", action="store_true", help="replace other files of these names")
    args = p.parse_args(argv)
    if bool(args.files) != (args.action == "pack"):
        p.error("give files to pack, and none to unpack or resume")
    from associated_learning import configuration, registry
    from associated_learning.results import archive

    if args.action == "resume":
        config = configuration.shipped(registry.CONFIG)
        if args.archive.stem not in config["scales"]:
            p.error(f"argument archive: {args.archive}; allowed: one with the name of a scale")
        archive.resume(args.archive, args.folder, config, args.overwrite)
        return
    if args.action == "pack":
        archive.pack(args.files, args.folder, args.archive)
    else:
        archive.unpack(args.archive, args.folder, args.overwrite)
    count, size = len(archive.read(args.archive)), args.archive.stat().st_size
    print(f"{args.action}ed {args.archive}: {count} files, {size / 1e6:.2f} MB")

# What stays in its place until another takes it: figures, tables and archives.
from pathlib import Path


def made(prefix, log):
    """Function of the wildcards: a parameter that is another one after a failed job.

    Files marked `update` stay while a job runs, and are put back where it fails. Snakemake then takes
    them for made, as it notes inputs and parameters of a failed job too. So a job begins with a new
    note beside its log, and ends, if it ends well, by noting this parameter again. The log goes before
    a job begins: where there is none, the parameter is the time at which files were put back.
    """

    def noted(wildcards):
        path = Path(log.format(**wildcards))
        note = path.with_name(f"{path.name}.made")
        if note.exists() and (path.exists() or not workflow.is_main_process):
            return note.read_text(encoding="utf-8").strip()
        if path.exists():
            return ""
        files = Path().glob(f"{prefix}.*".format(**wildcards))
        return str(max((file.stat().st_mtime_ns for file in files), default=0))

    return noted

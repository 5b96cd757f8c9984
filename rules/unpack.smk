# In place of all that downloads, trains and measures: what figures and tables read comes out of
# archives/{scale}.zip, verified as a whole.
for scale in SCALES:
    if not Path(f"archives/{scale}.zip").exists():
        continue

    rule:
        name:
            f"unpack_{scale}"
        input:
            f"archives/{scale}.zip",
        output:
            unpacked(scale),
        log:
            f"logs/{scale}/unpack.log",
        conda:
            "../envs/environment.yaml"
        shell:
            "python -m associated_learning.commands.archive unpack {input} --folder {RESULTS}"
            " > {log} 2>&1"

# All that the figures and tables of a scale read, in one small file; and out of it again.
if config["source"] != "archive":

    rule archive:
        input:
            files=lambda wildcards: plan.archived(config, wildcards.scale),
            code=command_code("archive"),
        output:
            update("archives/{scale}.zip"),
        log:
            "logs/{scale}/archive.log",
        conda:
            "../envs/environment.yaml"
        resources:
            runtime=5,
            mem_mb=1000,
        params:
            made=made("archives/{scale}", "logs/{scale}/archive.log"),
            # Not passed on: whom and what its description names, at whose change it is packed anew.
            cited=lambda wildcards: (places.ROOT / "CITATION.cff").read_text(encoding="utf-8"),
        shell:
            "date +%s.%N > {log}.made;"
            " python -m associated_learning archive pack {output} {input.files} --folder results"
            " > {log} 2>&1 && echo {params.made} > {log}.made"

else:
    # In place of all that downloads, trains and measures. The file is verified as a whole.
    for scale, held in config["held"].items():

        rule:
            name:
                f"unpack_{scale}"
            input:
                str(places.archive(scale)),
            output:
                sorted(held),
            log:
                f"logs/{scale}/unpack.log",
            conda:
                "../envs/environment.yaml"
            shell:
                "python -m associated_learning archive unpack {input:q} --folder {RESULTS}"
                " --overwrite > {log} 2>&1"

    # What else is asked for is refused, and that alone.
    for scale, why in REFUSED.items():

        rule:
            name:
                f"unpack_{scale}"
            input:
                lambda wildcards, why=why: refuse(why),
            output:
                plan.archived(config, scale),

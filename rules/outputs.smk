# Figures and tables: small files in, small files out, no training. What there is says plan.py.
PACKAGE = Path(PACKAGES) / "associated_learning"


def made(what):
    """The output that the wildcards of its rule name."""
    return lambda wildcards: OUTPUTS[wildcards.scale][what, wildcards[what.rstrip("s")]]


def shown(what):
    """How an output stands in the report."""
    output = made(what)
    return {
        "caption": "../report/output.rst",
        "category": lambda wildcards: output(wildcards).category,
        "labels": lambda wildcards: {"scale": wildcards.scale, **output(wildcards).labels},
    }


def drawn_by(what):
    """Input function: the code of an output."""
    return lambda wildcards: closure.command_files(
        what.rstrip("s"), f"associated_learning.{what}.{made(what)(wildcards).kind}"
    )


def caption_of(what):
    """The text that its module has for it."""
    return lambda wildcards: closure.constant(
        PACKAGE / what / f"{made(what)(wildcards).kind}.py", "CAPTION"
    )


rule figure:
    input:
        files=lambda wildcards: made("figures")(wildcards).inputs,
        code=drawn_by("figures"),
    output:
        pdf="figures/{scale}/{figure}.pdf",
        png=report("figures/{scale}/{figure}.png", **shown("figures")),
    log:
        "logs/{scale}/figure/{figure}.log",
    benchmark:
        f"{RESULTS}/{{scale}}/benchmarks/figure/{{figure}}.tsv"
    conda:
        "../envs/environment.yaml"
    params:
        kind=lambda wildcards: made("figures")(wildcards).kind,
        mark=lambda wildcards: plan.mark(config, wildcards.scale),
        prefix=subpath(output[0], strip_suffix=".pdf"),
        # Not passed on: where labels or looks change, it is drawn anew.
        entries=lambda wildcards: made("figures")(wildcards).entries,
        # For the report.
        caption=caption_of("figures"),
        seeds=lambda wildcards: made("figures")(wildcards).seeds,
    shell:
        "python -m associated_learning figure {params.kind} --mark {params.mark:q}"
        " --out {params.prefix} {input.files} > {log} 2>&1"


rule table:
    input:
        files=lambda wildcards: made("tables")(wildcards).inputs,
        code=drawn_by("tables"),
    output:
        csv="tables/{scale}/{table}.csv",
        md="tables/{scale}/{table}.md",
        tex="tables/{scale}/{table}.tex",
        html=report("tables/{scale}/{table}.html", **shown("tables")),
    log:
        "logs/{scale}/table/{table}.log",
    benchmark:
        f"{RESULTS}/{{scale}}/benchmarks/table/{{table}}.tsv"
    conda:
        "../envs/environment.yaml"
    params:
        kind=lambda wildcards: made("tables")(wildcards).kind,
        mark=lambda wildcards: plan.mark(config, wildcards.scale),
        prefix=subpath(output[0], strip_suffix=".csv"),
        entries=lambda wildcards: made("tables")(wildcards).entries,
        # For the report.
        caption=caption_of("tables"),
        seeds=lambda wildcards: made("tables")(wildcards).seeds,
    shell:
        "python -m associated_learning table {params.kind} --mark {params.mark:q}"
        " --out {params.prefix} {input.files} > {log} 2>&1"

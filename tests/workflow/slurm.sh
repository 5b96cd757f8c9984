#!/bin/sh
# Runs a command beside a Slurm of one node, made of Debian's packages; the daemons end with it.
# Usage, as root: sh tests/workflow/slurm.sh COMMAND [ARGUMENT...]     (`make test-slurm`)
set -eu
conf=/etc/slurm/slurm.conf mark=ClusterName=one_node_trial
stop() { printf 'slurm: %s\n' "$1" >&2; exit 1; }

[ "$(id -u)" = 0 ] ||
    stop "only root can install and start Slurm's daemons. A container will do: see the job slurm in
       .github/workflows/ci.yml"
if [ -e "$conf" ] && ! grep -qsx "$mark" "$conf"; then
    stop "$conf is there: this machine belongs to a cluster. Nothing was started; the trial needs a
       machine without Slurm"
fi
if ! { command -v slurmctld && command -v slurmd && command -v munged; } >/dev/null; then
    command -v apt-get >/dev/null || stop "no slurmctld here, and no apt-get to install it with"
    { apt-get -qq update && apt-get -qq install -y --no-install-recommends slurm-wlm munge; } \
        >/dev/null || stop "installing slurm-wlm and munge failed, see above"
fi

# All files lie in one folder, the ports are not Slurm's usual ones: nothing else is touched.
folder=$(mktemp -d)
chmod 755 "$folder"
mkdir "$folder/state" "$folder/spool"
export SLURM_CONF="$folder/slurm.conf"
daemons=
ready=
clean_up() {
    if [ "$ready" ]; then
        scancel --me # what a broken-off trial left; slurmd gives it half a minute to end
        timeout 60 sh -c 'while [ "$(squeue --noheader)" ]; do sleep 1; done' || true
    fi
    # Outright: slurmd does not hear SIGTERM while it looks for slurmctld, and nothing is to be kept.
    for pid in $daemons; do
        kill -KILL "$pid" 2>/dev/null && wait "$pid" 2>/dev/null || true
    done
    [ "$(readlink "$conf")" != "$SLURM_CONF" ] || rm "$conf"
    rm -rf "$folder"
}
trap clean_up EXIT
trap 'exit 130' INT TERM

node=$(hostname -s)
cat >"$SLURM_CONF" <<CONF
$mark
SlurmctldHost=$node(127.0.0.1)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge.socket
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
# As containers allow: no cgroups. So memory is counted, not enforced.
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU_Memory
GresTypes=gpu
# A line a job that has ended; there is no accounting database.
JobCompType=jobcomp/filetxt
JobCompLoc=$folder/jobs.txt
# The node is as said here, whatever the machine has. Its GPU can be asked for, not used.
SlurmdParameters=config_overrides
NodeName=$node NodeAddr=127.0.0.1 CPUs=2 RealMemory=12000 Gres=gpu:1
PartitionName=all Nodes=$node Default=YES MaxTime=INFINITE
CONF
echo "Name=gpu File=/dev/null" >"$folder/gres.conf"
dd if=/dev/urandom of="$folder/munge.key" bs=128 count=1 2>/dev/null
chmod 600 "$folder/munge.key"

start() {
    name=$1
    shift
    "$@" >"$folder/$name.log" 2>&1 &
    daemons="$! $daemons"
}
start munged munged --foreground --socket="$folder/munge.socket" --key-file="$folder/munge.key" \
    --pid-file="$folder/munged.pid" --seed-file="$folder/munge.seed"
start slurmctld slurmctld -D
start slurmd slurmd -D

seconds=0
until [ "$(sinfo --noheader --format=%T 2>/dev/null)" = idle ]; do
    seconds=$((seconds + 1))
    if ! kill -0 $daemons 2>/dev/null || [ "$seconds" -gt 60 ]; then
        tail -n 20 "$folder"/*.log >&2
        stop "the node does not get ready; what its daemons said stands above"
    fi
    sleep 1
done
ready=yes
# The executor's plugin clears Slurm's variables before srun, SLURM_CONF too.
ln -sf "$SLURM_CONF" "$conf"
printf 'slurm: %s, node %s is ready\n' "$(sinfo --version)" "$node"
SLURM_ENDED_JOBS="$folder/jobs.txt" "$@"

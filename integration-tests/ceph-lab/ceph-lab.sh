#!/usr/bin/env bash
#
# ceph-lab.sh - a throw-away Ceph cluster for tests, on the loopback address, in one folder.
#
# One monitor, one or more OSDs, a pool "rbd" and two restricted users
# (client.gateway: profile rbd; client.readonly: profile rbd-read-only). Nothing is
# read from or written to /etc/ceph or /var/lib/ceph, no service manager is used, and only
# processes that belong to the given folder are ever signalled.
#
#   ceph-lab.sh up DIR [options]     create and start the cluster (or start what is stopped)
#   ceph-lab.sh down DIR [--wipe]    stop it; --wipe also removes its files
#   ceph-lab.sh status DIR           what runs, health; exit 0 only when all of it runs
#   ceph-lab.sh env DIR              shell lines to eval: CEPH_CONF, CEPH_LAB_*
#   ceph-lab.sh osd-stop DIR N       clean stop of OSD N        osd-start DIR N   start it again
#   ceph-lab.sh osd-kill DIR N       SIGKILL (bluestore only, memstore would lose its data)
#   ceph-lab.sh osd-pause DIR N      SIGSTOP: a backend that hangs       osd-resume DIR N
#   ceph-lab.sh mon-stop DIR         ceph-lab.sh mon-start DIR
#   ceph-lab.sh mon-pause DIR        ceph-lab.sh mon-resume DIR
#   ceph-lab.sh full DIR             the cluster is full: it takes no write        room DIR   it has room again
#                                    (the bar is moved, not the data: it costs no memory)
#   ceph-lab.sh ceph DIR ARGS...     run ceph  as client.admin on this cluster
#   ceph-lab.sh rbd DIR ARGS...      run rbd   as client.admin on this cluster
#   ceph-lab.sh rados DIR ARGS...    run rados as client.admin on this cluster
#   ceph-lab.sh check [--no-install] only check (and, if possible, install) the packages
#
# Options of "up" (kept in DIR; a later "up DIR" without options uses them again):
#   --osds N          number of OSDs                          (default 1)
#   --size N          copies of each object                   (default 1; 2 with two or more OSDs)
#   --store KIND      memstore (fast, memory) or bluestore    (default memstore)
#   --osd-gib N       capacity of one OSD in GiB              (default 4; used as it fills)
#   --port P          first port; P..P+249 are used           (default: a free range is searched)
#   --timeout S       give up after S seconds                 (default 60)
#   --no-install      never install packages, only say which are missing
#
# Exit codes: 0 ok, 1 failed, 2 usage, 3 not (wholly) running, 69 packages missing.

set -u
set -o pipefail
export LC_ALL=C
# Settings of the caller must not lead our own commands to another cluster.
unset CEPH_CONF CEPH_ARGS CEPH_KEYRING

PROG=${0##*/}
POOL=rbd
MON=a

say()  { printf '%s: %s\n' "$PROG" "$*"; }
warn() { printf '%s: %s\n' "$PROG" "$*" >&2; }
die()  { local rc=$1; shift; warn "$*"; exit "$rc"; }
usage() { sed -n '3,/^# Exit codes/s/^# \{0,1\}//p' "$0" >&2; exit 2; }

# ---------------------------------------------------------------- packages

missing_commands() {
  local c
  for c in ceph-mon ceph-osd ceph rbd rados monmaptool ceph-authtool; do
    command -v "$c" >/dev/null 2>&1 || printf '%s ' "$c"
  done
}

ensure_packages() {
  local miss pkgs="ceph-mon ceph-osd ceph-common" log rc
  PATH=$PATH:/usr/sbin:/sbin
  miss=$(missing_commands)
  [ -z "$miss" ] && return 0
  if [ "${NO_INSTALL:-0}" = 1 ]; then
    die 69 "missing commands: ${miss% }. Install: apt-get install --no-install-recommends $pkgs"
  fi
  command -v apt-get >/dev/null 2>&1 ||
    die 69 "missing commands: ${miss% }, and there is no apt-get here; install Ceph's monitor, OSD and command line packages"
  [ "$(id -u)" = 0 ] ||
    die 69 "missing commands: ${miss% }; not root, so run first: apt-get install --no-install-recommends $pkgs"
  say "installing $pkgs"
  log=$(mktemp)
  # shellcheck disable=SC2086
  apt_install() {
    DEBIAN_FRONTEND=noninteractive apt-get -o DPkg::Lock::Timeout=300 \
      install -y --no-install-recommends $pkgs >>"$log" 2>&1
  }
  apt_install; rc=$?
  if [ $rc -ne 0 ]; then
    apt-get -o DPkg::Lock::Timeout=300 update >>"$log" 2>&1
    apt_install; rc=$?
  fi
  miss=$(missing_commands)
  if [ $rc -ne 0 ] || [ -n "$miss" ]; then
    tail -n 15 "$log" >&2
    rm -f "$log"
    die 69 "could not install $pkgs (apt-get exit $rc${miss:+, still missing: ${miss% }})"
  fi
  rm -f "$log"
}

# ---------------------------------------------------------------- processes

# True when $1 is a live (not zombie) process of this folder's daemon $2 (ceph-osd ...) with id $3.
ours() {
  local pid=$1 exe=$2 id=$3 state args
  case $pid in ''|*[!0-9]*) return 1;; esac
  [ -r "/proc/$pid/stat" ] || return 1
  state=$(sed 's/^.*) //; s/ .*//' "/proc/$pid/stat" 2>/dev/null)
  case $state in Z|X|'') return 1;; esac
  args=$(tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null)
  case " $args" in *"$exe -c $CONF -i $id "*) return 0;; esac
  return 1
}

# Prints the pid of daemon $1 (mon.a, osd.0) when it runs.
daemon_pid() {
  local name=$1 exe=ceph-${1%%.*} id=${1#*.} pid
  pid=$(tr -dc '0-9' 2>/dev/null <"$DIR/run/$name.pid") || return 1
  ours "$pid" "$exe" "$id" || return 1
  printf '%s\n' "$pid"
}

running() { daemon_pid "$1" >/dev/null; }

start_daemon() {
  local name=$1 exe=ceph-${1%%.*} id=${1#*.}
  running "$name" && return 0
  rm -f "$DIR/run/$name.pid" "$DIR/run/$name.asok"
  "$exe" -c "$CONF" -i "$id" >>"$DIR/log/$name.out" 2>&1 9>&- ||
    { tail -n 20 "$DIR/log/$name.out" "$DIR/log/$name.log" >&2 2>/dev/null
      warn "$name did not start (see $DIR/log/$name.log)"; return 1; }
  for _ in $(seq 100); do
    running "$name" && return 0
    sleep 0.05
  done
  warn "$name did not stay up (see $DIR/log/$name.log)"
  return 1
}

# stop_daemon NAME SIGNAL SECONDS: signals, waits, then SIGKILL. Always ends with the daemon gone.
stop_daemon() {
  local name=$1 sig=$2 limit=$3 pid n
  pid=$(daemon_pid "$name") || { rm -f "$DIR/run/$name.pid"; return 0; }
  kill -CONT "$pid" 2>/dev/null
  kill "-$sig" "$pid" 2>/dev/null
  n=$((limit * 20))
  while [ $n -gt 0 ] && running "$name"; do sleep 0.05; n=$((n - 1)); done
  if running "$name"; then
    warn "$name did not stop in $limit s, killing it"
    kill -KILL "$pid" 2>/dev/null
    n=100
    while [ $n -gt 0 ] && running "$name"; do sleep 0.05; n=$((n - 1)); done
  fi
  rm -f "$DIR/run/$name.pid" "$DIR/run/$name.asok"
}

# ---------------------------------------------------------------- cluster files

state_file() { printf '%s\n' "$DIR/lab.state"; }

load_state() {
  [ -f "$DIR/lab.state" ] || return 1
  # shellcheck disable=SC1090,SC1091
  . "$DIR/lab.state"
}

save_state() {
  cat >"$DIR/lab.state" <<E
FSID=$FSID
PORT=$PORT
OSDS=$OSDS
SIZE=$SIZE
STORE=$STORE
OSD_GIB=$OSD_GIB
E
}

port_busy() { (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null; }

pick_port() {
  local p q ok
  for _ in $(seq 60); do
    p=$((12000 + (RANDOM % 60) * 300))
    ok=1
    for q in $p $((p + 1)) $((p + 10)) $((p + 11)) $((p + 12)) $((p + 13)); do
      if port_busy "$q"; then ok=0; break; fi
    done
    if [ $ok = 1 ]; then printf '%s\n' "$p"; return 0; fi
  done
  return 1
}

write_conf() {
  local asok="\$run_dir/\$name.asok"
  # A unix socket path is at most 107 bytes long; a deep folder then goes without admin sockets.
  [ ${#DIR} -gt 80 ] && asok=
  cat >"$CONF" <<E
# A test cluster made by $PROG. Client users: gateway, readonly, admin.
[global]
fsid = $FSID
mon host = [v2:127.0.0.1:$PORT/0,v1:127.0.0.1:$((PORT + 1))/0]
mon initial members = $MON
auth cluster required = cephx
auth service required = cephx
auth client required = cephx
keyring = $DIR/ceph.\$name.keyring
osd pool default size = $SIZE
osd pool default min size = 1
osd pool default pg num = 8
osd pool default pg autoscale mode = off

[mon]
public addr = 127.0.0.1
mon data = $DIR/mon
run dir = $DIR/run
log file = $DIR/log/\$name.log
pid file = $DIR/run/\$name.pid
admin socket = $asok
# one machine: short waits, single copies and deleted pools are fine
paxos propose interval = 0.05
paxos min wait = 0.02
mon allow pool delete = true
mon allow pool size one = true
mon warn on pool no redundancy = false
mon warn on insecure global id reclaim = false
mon warn on insecure global id reclaim allowed = false
mon osd min down reporters = 1
mon osd down out interval = 0
mon warn on osd down out interval zero = false
mon mgr mkfs grace = 1000000000
mon data avail warn = 2
mon data avail crit = 1
mon max pg per osd = 1000
osd crush chooseleaf type = 0
debug mon = 0/0
debug paxos = 0/0
debug ms = 0/0
debug auth = 0/0

[osd]
public addr = 127.0.0.1
cluster addr = 127.0.0.1
ms bind port min = $((PORT + 10))
ms bind port max = $((PORT + 249))
osd data = $DIR/osd\$id
run dir = $DIR/run
log file = $DIR/log/\$name.log
pid file = $DIR/run/\$name.pid
admin socket = $asok
osd objectstore = $STORE
osd max object name len = 256
osd max object namespace len = 64
osd crush initial weight = 1
# a clean stop must write out what a memstore holds
osd fast shutdown = false
osd heartbeat interval = 1
osd heartbeat grace = 5
# short logs: the memory of an OSD then is mostly its data
osd min pg log entries = 200
osd max pg log entries = 300
osd pg log dups tracked = 300
osd pg log trim min = 50
memstore device bytes = $((OSD_GIB * 1073741824))
memstore page set = true
bluestore block size = $((OSD_GIB * 1073741824))
bluestore cache autotune = false
bluestore cache size = 134217728
debug osd = 0/0
debug ms = 0/0
debug auth = 0/0
debug bluestore = 0/0
debug bluefs = 0/0
debug bdev = 0/0
debug rocksdb = 0/0
E
}

write_keyrings() {
  local key id
  (
    umask 077
    : >"$DIR/boot.keyring"
    add() { # name, then the caps lines
      key=$(ceph-authtool --gen-print-key) || exit 1
      printf '[%s]\n\tkey = %s\n' "$1" "$key" >"$DIR/ceph.$1.keyring"
      { printf '[%s]\n\tkey = %s\n' "$1" "$key"; shift; printf '\tcaps %s\n' "$@"; } >>"$DIR/boot.keyring"
    }
    add mon. 'mon = "allow *"'
    mv "$DIR/ceph.mon..keyring" "$DIR/ceph.mon.$MON.keyring"
    add client.admin 'mon = "allow *"' 'osd = "allow *"'
    add client.gateway 'mon = "profile rbd"' "osd = \"profile rbd pool=$POOL\""
    add client.readonly 'mon = "profile rbd"' "osd = \"profile rbd-read-only pool=$POOL\""
    for id in $(seq 0 $((OSDS - 1))); do
      add "osd.$id" 'mon = "allow profile osd"' 'osd = "allow *"'
    done
  ) || die 1 "could not write the keyrings"
}

wipe_files() {
  rm -rf "$DIR/mon" "$DIR"/osd[0-9]* "$DIR/run" "$DIR/log" "$DIR/ceph.conf" \
    "$DIR"/ceph.*.keyring "$DIR/boot.keyring" "$DIR/monmap" "$DIR/lab.state" "$DIR/lab.ready"
}

left() { # seconds left of --timeout, at least 1
  local l=$((DEADLINE - SECONDS))
  [ $l -lt 1 ] && l=1
  printf '%s\n' "$l"
}

admin() { timeout "$(left)" ceph -c "$CONF" "$@"; }

wait_mon() {
  local rest
  while :; do
    rest=$(left)
    [ "$rest" -gt 5 ] && rest=5
    timeout "$rest" ceph -c "$CONF" mon stat >/dev/null 2>&1 && return 0
    [ "$SECONDS" -ge "$DEADLINE" ] && return 1
    running "mon.$MON" || return 1
    sleep 0.2
  done
}

probe() { # does block storage work, as the restricted user?
  local img=lab-probe-$$ rc
  timeout "$(left)" rbd -c "$CONF" --id gateway -p "$POOL" create --size 16M "$img" >"$DIR/log/probe.out" 2>&1 &&
    timeout "$(left)" rbd -c "$CONF" --id gateway -p "$POOL" bench --io-type write --io-size 4096 \
      --io-threads 4 --io-total 64K "$img" >>"$DIR/log/probe.out" 2>&1
  rc=$?
  timeout "$(left)" rbd -c "$CONF" --id gateway -p "$POOL" rm --no-progress "$img" >>"$DIR/log/probe.out" 2>&1
  [ $rc -eq 0 ] || tail -n 10 "$DIR/log/probe.out" >&2
  return $rc
}

create_cluster() {
  local id uuids=() pids=() p ok=1
  wipe_files
  mkdir -p "$DIR/mon" "$DIR/run" "$DIR/log" || die 1 "cannot write in $DIR"
  FSID=$(cat /proc/sys/kernel/random/uuid)
  save_state
  write_conf
  write_keyrings
  if ! { monmaptool --create --clobber --fsid "$FSID" \
           --addv "$MON" "[v2:127.0.0.1:$PORT,v1:127.0.0.1:$((PORT + 1))]" "$DIR/monmap" &&
         ceph-mon -c "$CONF" -i "$MON" --mkfs --monmap "$DIR/monmap" --keyring "$DIR/boot.keyring" 9>&-
       } >"$DIR/log/mkfs.out" 2>&1; then
    tail -n 20 "$DIR/log/mkfs.out" >&2
    return 1
  fi
  start_daemon "mon.$MON" || return 1
  wait_mon || { warn "the monitor does not answer"; return 1; }
  for id in $(seq 0 $((OSDS - 1))); do
    uuids[id]=$(cat /proc/sys/kernel/random/uuid)
    admin osd new "${uuids[id]}" "$id" >"$DIR/log/osd.$id.new.out" 2>&1 ||
      { tail -n 10 "$DIR/log/osd.$id.new.out" >&2; warn "OSD $id could not be registered"; return 1; }
  done
  for id in $(seq 0 $((OSDS - 1))); do
    ( mkdir -p "$DIR/osd$id"
      timeout "$(left)" ceph-osd -c "$CONF" -i "$id" --mkfs --osd-uuid "${uuids[id]}" \
        >"$DIR/log/osd.$id.mkfs.out" 2>&1 9>&- ||
        { tail -n 20 "$DIR/log/osd.$id.mkfs.out" >&2; exit 1; }
      start_daemon "osd.$id" ) &
    pids+=($!)
  done
  for p in "${pids[@]}"; do wait "$p" || ok=0; done
  [ $ok = 1 ] || return 1
  if ! { admin osd pool create "$POOL" 8 && timeout "$(left)" rbd -c "$CONF" pool init "$POOL"
       } >"$DIR/log/pool.out" 2>&1; then
    tail -n 10 "$DIR/log/pool.out" >&2
    warn "the pool did not become active"
    return 1
  fi
}

# ---------------------------------------------------------------- commands

need_lab() {
  load_state || die 3 "no cluster in $DIR (run: $PROG up DIR)"
  PATH=$PATH:/usr/sbin:/sbin
}

need_osd() {
  case ${1:-} in ''|*[!0-9]*) usage;; esac
  [ "$1" -lt "$OSDS" ] || die 2 "there is no OSD $1 (OSDs: 0..$((OSDS - 1)))"
}

daemons() {
  local id
  printf 'mon.%s\n' "$MON"
  for id in $(seq 0 $((OSDS - 1))); do printf 'osd.%s\n' "$id"; done
}

print_client_facts() {
  cat <<E
conf      $CONF
monitor   127.0.0.1:$((PORT + 1)) (v1), 127.0.0.1:$PORT (v2)
pool      $POOL (copies: $SIZE)
user      gateway   keyring $DIR/ceph.client.gateway.keyring (profile rbd)
user      readonly  keyring $DIR/ceph.client.readonly.keyring (profile rbd-read-only)
user      admin     keyring $DIR/ceph.client.admin.keyring
try       rbd -c $CONF --id gateway ls $POOL
E
}

cmd_up() {
  local o_osds='' o_size='' o_store='' o_gib='' o_port='' timeout=60 d
  while [ $# -gt 0 ]; do
    case $1 in
      --osds|--size|--store|--osd-gib|--port|--timeout)
        [ $# -ge 2 ] || usage ;;
    esac
    case $1 in
      --osds) o_osds=$2; shift 2;;
      --size) o_size=$2; shift 2;;
      --store) o_store=$2; shift 2;;
      --osd-gib) o_gib=$2; shift 2;;
      --port) o_port=$2; shift 2;;
      --timeout) timeout=$2; shift 2;;
      --no-install) NO_INSTALL=1; shift;;
      *) warn "unknown option: $1"; usage;;
    esac
  done
  for d in "$o_osds" "$o_size" "$o_gib" "$o_port" "$timeout"; do
    case $d in *[!0-9]*) die 2 "not a number: $d";; esac
  done
  case $o_store in ''|memstore|bluestore) ;; *) die 2 "--store is memstore or bluestore";; esac
  case $DIR in *[!A-Za-z0-9/._+-]*) die 2 "the folder's path has a character that ceph.conf cannot hold: $DIR";; esac

  mkdir -p "$DIR" 2>/dev/null
  [ -w "$DIR" ] || die 1 "cannot write in $DIR"
  exec 9>"$DIR/.lock"
  if command -v flock >/dev/null 2>&1; then
    flock -w "$timeout" 9 || die 1 "another $PROG works in $DIR"
  fi

  if [ -f "$DIR/lab.ready" ] && load_state; then
    if [ "${o_osds:-$OSDS} ${o_size:-$SIZE} ${o_store:-$STORE} ${o_gib:-$OSD_GIB} ${o_port:-$PORT}" != \
         "$OSDS $SIZE $STORE $OSD_GIB $PORT" ]; then
      die 2 "$DIR holds a cluster with other options; first: $PROG down $DIR --wipe"
    fi
    ensure_packages
    DEADLINE=$((SECONDS + timeout))
    for d in $(daemons); do
      start_daemon "$d" || die 1 "the cluster in $DIR did not start"
      [ "$d" = "mon.$MON" ] && { wait_mon || die 1 "the monitor does not answer"; }
    done
  else
    if load_state; then # what an interrupted "up" left
      for d in $(daemons); do stop_daemon "$d" KILL 1; done
    fi
    OSDS=${o_osds:-1} STORE=${o_store:-memstore} OSD_GIB=${o_gib:-4}
    [ "$OSDS" -ge 1 ] || die 2 "--osds must be 1 or more"
    SIZE=${o_size:-$((OSDS > 1 ? 2 : 1))}
    { [ "$SIZE" -ge 1 ] && [ "$SIZE" -le "$OSDS" ]; } || die 2 "--size must be between 1 and the number of OSDs"
    ensure_packages
    DEADLINE=$((SECONDS + timeout))
    if [ -n "$o_port" ]; then
      port_busy "$o_port" && die 1 "port $o_port of 127.0.0.1 is in use"
      PORT=$o_port
    else
      PORT=$(pick_port) || die 1 "found no free port range on 127.0.0.1"
    fi
    create_cluster || { cmd_stop_all KILL; die 1 "the cluster could not be made; logs are in $DIR/log"; }
  fi
  probe || die 1 "block storage does not work; logs are in $DIR/log"
  : >"$DIR/lab.ready"
  say "up in $SECONDS s"
  print_client_facts
}

cmd_stop_all() {
  local sig=$1 limit=20 id pids=() p
  [ "$sig" = KILL ] && limit=5
  for id in $(seq 0 $((OSDS - 1))); do
    stop_daemon "osd.$id" "$sig" "$limit" & pids+=($!)
  done
  for p in "${pids[@]}"; do wait "$p"; done
  stop_daemon "mon.$MON" "$sig" 10
}

cmd_down() {
  local wipe=0
  case ${1:-} in '') ;; --wipe) wipe=1;; *) usage;; esac
  if ! load_state; then say "no cluster in $DIR"; return 0; fi
  if [ $wipe = 1 ]; then
    cmd_stop_all KILL
    wipe_files
    rm -f "$DIR/.lock"
    rmdir "$DIR" 2>/dev/null
    say "stopped, files removed"
  else
    cmd_stop_all TERM
    say "stopped"
  fi
}

cmd_status() {
  local d pid all=0 rss state
  for d in $(daemons); do
    if pid=$(daemon_pid "$d"); then
      rss=$(awk '/^VmRSS/{print int($2/1024)}' "/proc/$pid/status")
      state=$(sed 's/^.*) //; s/ .*//' "/proc/$pid/stat")
      [ "$state" = T ] && { state=paused; all=3; } || state=running
      printf '%-8s %-8s pid %-8s %s MiB\n' "$d" "$state" "$pid" "$rss"
    else
      printf '%-8s stopped\n' "$d"; all=3
    fi
  done
  if running "mon.$MON"; then
    DEADLINE=$((SECONDS + 5))
    admin health 2>/dev/null || { printf 'the monitor does not answer\n'; all=3; }
  fi
  print_client_facts
  return $all
}

wait_osd_state() { # id, up|down
  for _ in $(seq 20); do
    admin osd dump 2>/dev/null | grep -q "^osd\.$1 $2 " && return 0
    [ "$SECONDS" -ge "$DEADLINE" ] && break
    sleep 0.2
  done
  return 1
}

cmd_daemon() { # command, daemon
  local what=$1 d=$2 pid
  DEADLINE=$((SECONDS + 20))
  case $what in
    start)
      start_daemon "$d" || exit 1
      case $d in
        mon.*) wait_mon || die 1 "the monitor does not answer";;
        osd.*) ! running "mon.$MON" || wait_osd_state "${d#osd.}" up || warn "$d runs, but the monitor does not show it up yet";;
      esac ;;
    stop) stop_daemon "$d" TERM 20;;
    kill) stop_daemon "$d" KILL 5;;
    pause) pid=$(daemon_pid "$d") || die 3 "$d does not run"; kill -STOP "$pid";;
    resume) pid=$(daemon_pid "$d") || die 3 "$d does not run"; kill -CONT "$pid";;
  esac
  say "$d: $what done"
}

# cmd_ratios full|no NEARFULL BACKFILLFULL FULL: sets the shares of an OSD's capacity from which on it warns, takes no
# backfill, and makes its pools full, and waits until the pool is full or is not. What would be out of order the
# monitor ignores: going down the lowest comes first, going up the highest.
cmd_ratios() {
  local wanted=$1 near=$2 backfill=$3 full=$4 first second third step
  DEADLINE=$((SECONDS + 30))
  first="nearfull $near" second="backfillfull $backfill" third="full $full"
  if [ "$wanted" = no ]; then first="full $full" third="nearfull $near"; fi
  for step in "$first" "$second" "$third"; do
    admin osd "set-${step% *}-ratio" "${step#* }" >/dev/null 2>&1 || die 1 "the monitor does not take: $step"
  done
  while [ "$SECONDS" -lt "$DEADLINE" ]; do
    if admin osd dump 2>/dev/null | grep -q "^pool .* flags [^ ]*\<full\>"; then
      [ "$wanted" = full ] && return 0
    else
      [ "$wanted" = no ] && return 0
    fi
    sleep 0.2
  done
  die 1 "the pool's state did not change"
}

[ $# -ge 1 ] || usage
CMD=$1; shift
if [ "$CMD" = check ]; then
  [ "${1:-}" = --no-install ] && NO_INSTALL=1
  ensure_packages
  ceph-osd --version
  exit 0
fi
[ -n "${1:-}" ] || usage
DIR=$1; shift
case $DIR in /*) ;; *) DIR=$PWD/$DIR;; esac
[ "$DIR" = / ] || DIR=${DIR%/}
[ -d "$DIR" ] && DIR=$(cd "$DIR" && pwd -P)
CONF=$DIR/ceph.conf

case $CMD in
  up) cmd_up "$@";;
  down) PATH=$PATH:/usr/sbin:/sbin; cmd_down "$@";;
  status) need_lab; cmd_status;;
  env)
    need_lab
    printf 'export CEPH_CONF=%s\n' "$CONF"
    printf 'export CEPH_LAB_DIR=%s CEPH_LAB_POOL=%s CEPH_LAB_USER=gateway\n' "$DIR" "$POOL"
    printf 'export CEPH_LAB_KEYRING=%s/ceph.client.gateway.keyring\n' "$DIR"
    ;;
  osd-start|osd-stop|osd-kill|osd-pause|osd-resume)
    need_lab; need_osd "${1:-}"
    [ "$CMD" = osd-kill ] && [ "$STORE" = memstore ] &&
      die 2 "osd-kill on a memstore would lose the OSD's data; use osd-stop, or make the cluster with --store bluestore"
    cmd_daemon "${CMD#osd-}" "osd.$1";;
  mon-start|mon-stop|mon-kill|mon-pause|mon-resume)
    need_lab; cmd_daemon "${CMD#mon-}" "mon.$MON";;
  full) need_lab; cmd_ratios full 0.0000001 0.0000002 0.0000003;;
  room) need_lab; cmd_ratios no 0.85 0.9 0.95;;
  ceph|rbd|rados) need_lab; exec "$CMD" -c "$CONF" "$@";;
  *) usage;;
esac

#!/bin/bash
# Run scenarios against a target that a peer script starts afresh for each of them.
#   check.sh --dir DIR --peer peers/tgt.sh [--out DIR] [--port N] [scenario...]
# Ports N and N+1 on 127.0.0.1 are used (default 13480). Prints one line per scenario and writes
# OUT/SCENARIO/{console.log,results.tap,...} and OUT/summary.tsv. Exit status 0 when all passed.
set -u
here=$(cd "$(dirname "$0")" && pwd)
dir= peer= out= port=13480 timeout=400 list=()
while [ $# -gt 0 ]; do
  case $1 in
    --dir) dir=$2; shift ;; --peer) peer=$2; shift ;; --out) out=$2; shift ;;
    --port) port=$2; shift ;; --timeout) timeout=$2; shift ;;
    -*) sed -n '2,6p' "$0"; exit 2 ;;
    *) list+=("$1") ;;
  esac; shift
done
[ -n "$dir" ] && [ -n "$peer" ] || { sed -n '2,6p' "$0"; exit 2; }
peer=$(cd "$(dirname "$peer")" && pwd)/$(basename "$peer")
out=${out:-$(mktemp -d)}; mkdir -p "$out"
[ ${#list[@]} -gt 0 ] || list=(basic-rw digests chap fs-ext4 multipath-failover alua persistent-reservations resize discard
  scsi-commands copy sanitize pages recovery)
all=0; export VMLAB_DIR=$dir
printf 'scenario\tstatus\tpassed\tfailed\tskipped\tseconds\n' >"$out/summary.tsv"
for s in "${list[@]}"; do
  w=$(mktemp -d); o=$out/$s; mkdir -p "$o"
  auth=none; case $s in chap) auth=chap ;; copy) auth=two-luns ;; alua) auth=alua ;; esac
  t0=$SECONDS
  if ! "$peer" up "$w" "$port" "$((port + 1))" $auth >"$o/peer.log" 2>&1; then
    echo "not ok $s: the peer did not start"; all=1; tail -5 "$o/peer.log"; "$peer" down "$w" >/dev/null 2>&1; continue
  fi
  for kv in $("$peer" info "$w"); do declare "i_${kv%%=*}=${kv#*=}"; done
  opt=(); [ $auth = chap ] && opt=(--chap "$i_chap" --chap-in "$i_chap_in")
  for e in sum allocated grow alua restart stop start; do
    opt+=(--hook "$e=r=0; $(printf %q "$peer") $e $(printf %q "$w") \"\$@\" || r=\$?; exit \$r")
  done
  "$here/run.sh" -q --dir "$dir" --scenario "$s" --target "$i_iqn" --portal "127.0.0.1:$port" --portal "127.0.0.1:$((port + 1))" \
    --timeout "$timeout" --out "$o" "${opt[@]}" >"$o/run.log" 2>&1; rc=$?
  n() { grep -cE "$1" "$o/results.tap"; }
  skipped=$(n '^ok .*# SKIP'); passed=$(( $(n '^ok ') - skipped )); failed=$(n '^not ok ')
  printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$s" "$rc" "$passed" "$failed" "$skipped" $((SECONDS - t0)) | tee -a "$out/summary.tsv"
  grep -E '^not ok|^Bail' "$o/run.log" | sed 's/^/    /'
  [ $rc = 0 ] || [ $rc = 77 ] || all=1
  "$peer" down "$w" >>"$o/peer.log" 2>&1; rm -rf "$w"
done
exit $all

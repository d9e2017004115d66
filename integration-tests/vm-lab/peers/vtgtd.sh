#!/bin/bash
# vtgtd of this source tree as the target under test.
#   vtgtd.sh up WORK PORT1 PORT2 [chap|two-luns|alua]    start: one thin unit of 256 MiB on a file (a
#                                        second one of 64 MiB, port groups with states); two portals, a group each
#   vtgtd.sh down WORK                     stop in order; fails when the log tells of a leak or a failed assertion
#   vtgtd.sh EVENT WORK [WORDS]            what a scenario asks of the host: see README
# The management address is 127.0.0.1 with port PORT1 + 6000, or what VTGTD_HTTP_PORT says.
set -u
home=$(cd "$(dirname "$0")/../../.." && pwd)
cmd=$1 work=$2; shift 2
iqn=iqn.2026-11.io.vtgt.lab:disk1
[ "$cmd" = up ] && { mkdir -p "$work"; echo "$1 $2 ${VTGTD_HTTP_PORT:-$(($1 + 6000))} ${3:-none}" >"$work/ports"; }
[ -e "$work/ports" ] || exit 1
read -r p1 p2 http auth <"$work/ports"
adm() { "$home/bin/vtgtadm" --url "http://127.0.0.1:$http" "$@" 3>&-; }

document() {
  cat <<E
version: 1
http: { listen: "127.0.0.1:$http" }
portals:
  - { group: 1, listen: "127.0.0.1:$p1" }
  - { group: 2, listen: "127.0.0.1:$p2" }
E
  [ "$auth" = chap ] && cat <<E
accounts:
  - { name: labuser, secret: labsecret12345 }
  - { name: targetuser, secret: targetsecret123 }
E
  cat <<E
targets:
  - name: $iqn
    portalGroups: [1, 2]
E
  [ "$auth" = chap ] && echo "    authentication: { accounts: [labuser], mutual: targetuser }"
  [ "$auth" = alua ] && echo "    alua: { mode: both }"
  cat <<E
    units:
      - lun: 0
        store: { kind: file, path: lun0.img, size: 256MiB }
E
  [ "$auth" != two-luns ] || cat <<E
      - lun: 1
        store: { kind: file, path: lun1.img, size: 64MiB }
E
}
launch() {
  VTGT_JAVA_OPTS="-ea ${VTGT_JAVA_OPTS:-}" "$home/bin/vtgtd" --config "$work/vtgt.yaml" --data "$work/data" \
    </dev/null >>"$work/vtgtd.log" 2>&1 3>&- &
  echo $! >"$work/pid"
  for _ in $(seq 600); do
    serves && return 0
    kill -0 "$(cat "$work/pid")" 2>/dev/null || break
    sleep 0.1
  done
  tail -20 "$work/vtgtd.log"; return 1
}
serves() { # the management interface tells that all is well
  local line=
  exec 4<>"/dev/tcp/127.0.0.1/$http" || return 1
  printf 'GET /healthz HTTP/1.0\r\nHost: localhost\r\n\r\n' >&4
  read -r -t 5 line <&4
  exec 4<&-
  [[ $line == *' 200 '* ]]
} 2>/dev/null
stop() { # stop SIGNAL: and wait for the end
  local p; p=$(cat "$work/pid"); kill -"$1" "$p" 2>/dev/null || return 1
  for _ in $(seq 150); do kill -0 "$p" 2>/dev/null || return 0; sleep 0.1; done
  echo "vtgtd did not end within 15 s of signal $1"; kill -9 "$p"; return 1
}
case $cmd in
  up)      document >"$work/vtgt.yaml"; launch ;;
  down)    r=0; stop TERM || r=1; cat "$work/vtgtd.log"
           ! grep -qE 'LEAK:|AssertionError' "$work/vtgtd.log" || r=1
           exit $r ;;
  info)    echo "iqn=$iqn chap=labuser:labsecret12345 chap_in=targetuser:targetsecret123" ;;
  restart) stop KILL && launch >/dev/null ;;
  stop)    stop KILL ;;
  start)   launch >/dev/null ;;
  grow)    adm unit --help | grep -q '^ *resize' || exit 127
           adm unit resize "$iqn/0" "$(($(stat -c %s "$work/data/lun0.img") / 1048576 + $1))MiB" ;;
  alua)    adm port-group set $iqn "$1" "$2" ;;
  sum)     tail -c +$(($1 + 1)) "$work/data/lun0.img" | head -c "$2" | sha256sum | cut -d' ' -f1 ;;
  allocated) echo $(($(stat -c %b "$work/data/lun0.img") * 512)) ;;
  *)       exit 127 ;;
esac

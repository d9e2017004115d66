# Asymmetric access: two portals are two target port groups. What the target reports of them, changes by
# the initiator (sg_stpg) and by the host, what each state allows, and multipath with priorities under load.
# The hook 'alua GROUP STATE' has the host change a group.
[ "$PORTALS" -ge 2 ] || { skip "ALUA" "needs two --portal"; return 0; }
iscsi_up
modprobe -a dm_multipath dm_service_time scsi_dh_alua
check "discovery" discover 1 || bail "no discovery"
check "login at portal 1" connect 1 || bail "no disk"; D1=$DISK S1=$SID
check "login at portal 2" connect 2 || bail "no disk"; D2=$DISK S2=$SID
G1=/dev/$(sg_of "$(basename "$D1")") G2=/dev/$(sg_of "$(basename "$D2")")
tpgs=$(sg_inq "$D1" | sed -n 's/.*TPGS=\([0-3]\).*/\1/p')
if [ "${tpgs:-0}" = 0 ] || ! run_log sg_rtpg -d "$D1"; then skip "ALUA" "the target says TPGS=${tpgs:-?}"; return 0; fi
diag "TPGS=$tpgs"; run_log sg_rtpg -d "$D1"; show_out 24
group() { sg_vpd -p di "$1" | sed -n 's/.*Target port group: *//p' | head -1; }
g1=$(($(group "$D1"))) g2=$(($(group "$D2")))
isnt "the paths are of two groups" "$g1" "$g2"
# sg_rtpg prints "target port group id : 0x1 , ..." and "target port group asymmetric access state : 0x00 (active/optimized)"
state() { sg_rtpg -d "$2" | awk -v g="$(printf '0x%x' "$1")" '
  /target port group id/ {n = $0; sub(/.*id : /, "", n); sub(/ .*/, "", n)}
  /asymmetric access state/ && n == g {s = $0; sub(/.*\(/, "", s); sub(/\).*/, "", s); print s; exit}'; }
is "group $g1 is active/optimized" "$(state $g1 "$D1")" "active/optimized"
is "both paths tell the same of group $g2" "$(state $g2 "$D1")" "$(state $g2 "$D2")"
check_sa "REPORT TARGET PORT GROUPS, extended format" sg_rtpg -e -d "$D1"; show_out 8
rd() { sg_raw -r 512 "$1" 28 00 00 00 10 00 00 00 01 00; }
calm() { for d in $G1 $G2; do sg_turs $d >/dev/null 2>&1; sg_turs $d >/dev/null 2>&1; done; }
calm
if [ $((tpgs & 2)) = 0 ]; then skip "SET TARGET PORT GROUPS" "the target changes states by itself only"
else
  for s in standby unavailable active optimized; do
    check "sg_stpg: group $g2 becomes $s" sg_stpg --tp=$g2 --$s "$G1" || { skip "  $s" "refused"; continue; }
    case $s in active) t=active/non ;; optimized) t=active/optimized ;; *) t=$s ;; esac
    case $(state $g2 "$D1") in $t*) pass "  it is told" ;; *) fail "  it is told"; diag "$(state $g2 "$D1")" ;; esac
    run_log sg_turs $G2; [ $RC = 6 ] && pass "  the other path is told by a unit attention" || diag "  TEST UNIT READY on the other path: status $RC"
    sg_turs $G2 >/dev/null 2>&1
    case $s in
      standby|unavailable) check_not "  READ on its path is refused" rd $G2
        check "  INQUIRY is not" sg_inq "$G2" ;;
      *) check "  READ on its path is served" rd $G2 ;;
    esac
    check "  READ on the other path is served" rd $G1
  done
fi
calm

cat >/etc/multipath.conf <<'E'
defaults {
  user_friendly_names no
  find_multipaths no
  polling_interval 1
  max_polling_interval 2
  no_path_retry queue
  path_grouping_policy group_by_prio
  prio alua
  hardware_handler "1 alua"
  failback immediate
}
blacklist {
  devnode "^(ram|loop|fd|zram|nullb|sr)"
}
E
change() { # change GROUP STATE: by the host where it can, else by the initiator
  host alua "$1" "$2"; r=$?
  [ $r = 127 ] || return $r
  case $2 in active-optimized) o=--optimized ;; active-non-optimized) o=--active ;; *) o=--$2 ;; esac
  sg_stpg --tp="$1" $o "$G1" || sg_stpg --tp="$1" $o "$G2"
}
check "group $g2 becomes active/non-optimized" change $g2 active-non-optimized
calm
multipathd -d -s >/run/lab/multipathd.log 2>&1 3>&- &
MPD=$!
wait_for 20 multipathd show status || bail "multipathd does not answer"
prio() { multipathd show paths raw format "%d %p" | awk -v d="$(basename "$1")" '$1 == d {print $2}'; }
two() { [ "$(multipathd show paths raw format "%t %T" | grep -cE '^active (ready|ghost)')" = 2 ]; }
check "a map with two active paths" wait_for 30 two
optimized() { [ "$(prio "$1")" = 50 ]; }
lesser() { [ "$(prio "$1")" = 10 ]; }
check "priority 50 on the optimized path" wait_for 20 optimized "$D1"
check "priority 10 on the other" wait_for 20 lesser "$D2"
multipath -ll | while IFS= read -r l; do diag "$l"; done
WWID=$(multipathd show maps raw format "%w" | head -1); MAP=/dev/mapper/$WWID
moved() { awk '{print $5 + $1}' "/sys/block/$(basename "$1")/stat"; }
on() { local a b; a=$(moved "$1"); sleep 1; b=$(moved "$1"); [ $((b - a)) -gt 20 ]; }
fio --name=load --filename="$MAP" --ioengine=libaio --direct=1 --iodepth=8 --rw=randwrite --bs=8k --size=32m --offset=64m \
  --time_based --runtime=${LOAD_S:-60} --verify=crc32c --verify_fatal=1 --do_verify=1 --randseed=3 --rate_iops=150 --minimal >/run/lab/load 2>&1 3>&- &
FIO=$!
check "load runs on the optimized path" wait_for 15 on "$D1"
diag "the roles are exchanged under load"
check "  group $g2 becomes active/optimized" change $g2 active-optimized
check "  group $g1 becomes active/non-optimized" change $g1 active-non-optimized
check "  the load goes on at the other path" wait_for 30 on "$D2"
check "  group $g1 becomes standby" change $g1 standby
check "  the load goes on" on "$D2"
check "  group $g1 becomes active/optimized again" change $g1 active-optimized
check "  and group $g2 active/non-optimized" change $g2 active-non-optimized
check "  the load goes back" wait_for 30 on "$D1"
check "group $g1 becomes unavailable under load" change $g1 unavailable
check "  the load goes on at the other path" wait_for 30 on "$D2"
check "  group $g1 becomes active/optimized again" change $g1 active-optimized
check "  the load goes back" wait_for 40 on "$D1"
wait $FIO; r=$?
is "the load ended without an error and its data verified" "$r" 0 || { grep -v '^3;' /run/lab/load | head -8 | while IFS= read -r l; do diag "$l"; done; }
if dmesg | grep -q 'I/O error.*dm-'; then fail "no I/O error reached the map"; else pass "no I/O error reached the map"; fi
check "the map is flushed away" multipath -f "$WWID"
kill $MPD; wait $MPD
change $g2 active-optimized >/dev/null
check "logout from both" iscsiadm -m node --logoutall=all

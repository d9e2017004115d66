# Two portals, two sessions, one multipath map; each path is lost and comes back under load.
[ "$PORTALS" -ge 2 ] || { skip "multipath" "needs two --portal"; return 0; }
iscsi_up
modprobe -a dm_multipath dm_round_robin dm_service_time scsi_dh_alua
cat >/etc/multipath.conf <<'E'
defaults {
  user_friendly_names no
  find_multipaths no
  polling_interval 1
  max_polling_interval 2
  no_path_retry queue
  path_grouping_policy multibus
  detect_prio yes
}
blacklist {
  devnode "^(ram|loop|fd|zram|nullb|sr)"
}
E
sed -i -e 's/^node.session.timeo.replacement_timeout *=.*/node.session.timeo.replacement_timeout = 3/' \
  -e 's/^node.conn\[0\].timeo.noop_out_interval *=.*/node.conn[0].timeo.noop_out_interval = 2/' \
  -e 's/^node.conn\[0\].timeo.noop_out_timeout *=.*/node.conn[0].timeo.noop_out_timeout = 3/' /etc/iscsi/iscsid.conf
multipathd -d -s >/run/lab/multipathd.log 2>&1 3>&- &
MPD=$!
wait_for 20 multipathd show status || bail "multipathd does not answer"
check "discovery at portal 1" discover 1 || bail "no discovery"
check "discovery at portal 2" discover 2 || bail "no discovery"
check "login at portal 1" connect 1 || bail "no disk"; S1=$SID; D1=$(basename "$DISK")
check "login at portal 2" connect 2 || bail "no disk"; S2=$SID; D2=$(basename "$DISK")
isnt "two disks" "$D1" "$D2"
w1=$(/usr/lib/udev/scsi_id -g -u "/dev/$D1"); w2=$(/usr/lib/udev/scsi_id -g -u "/dev/$D2")
isnt "the disk has an identity" "$w1" ""
is "both disks have the same identity" "$w1" "$w2"
diag "identity $w1, portal groups $(sess_attr "$S1" tpgt) and $(sess_attr "$S2" tpgt)"
sg_vpd -p di "/dev/$D1" | grep -iE -A1 'relative target port|target port group' | while read -r l; do diag "path 1: $l"; done
sg_vpd -p di "/dev/$D2" | grep -iE -A1 'relative target port|target port group' | while read -r l; do diag "path 2: $l"; done
run_log sg_rtpg -d "/dev/$D1" && grep -E 'asymmetric|target port group id' /run/lab/out | while read -r l; do diag "RTPG: $l"; done

active() { multipathd show paths raw format "%t %T" | grep -cE '^active (ready|ghost)'; }
both() { [ "$(active)" = 2 ]; }
one()  { [ "$(active)" = 1 ]; }
none() { [ "$(active)" = 0 ]; }
check "a map with two active paths" wait_for 30 both
multipath -ll | while IFS= read -r l; do diag "$l"; done
# multipath names the map by udev's ID_SERIAL, whose rules put the designators of page 83h in another
# order than scsi_id does when the NAA identifier is a locally assigned one
WWID=$(multipathd show maps raw format "%w" | head -1)
is "both paths are in the same map" "$(multipathd show paths raw format "%w" | sort | uniq -c | awk '{print $1, $2}')" "2 $WWID"
MAP=/dev/mapper/$WWID
check "the map is a block device" test -b "$MAP"
data /tmp/d 1048576
check "write through the map" put /tmp/d "$MAP" 0
check "read through the map" same /tmp/d "$MAP" 0
check "read through path 1 alone" same /tmp/d "/dev/$D1" 0
check "read through path 2 alone" same /tmp/d "/dev/$D2" 0
fio_verify "fio through both paths, verified" "$MAP" --size=8m --offset=16m

# Load for as long as the failures last: writes with checksums, verified at the end.
fio --name=load --filename="$MAP" --ioengine=libaio --direct=1 --iodepth=8 --rw=randwrite --bs=8k --size=32m --offset=64m \
  --time_based --runtime=${LOAD_S:-75} --verify=crc32c --verify_fatal=1 --do_verify=1 --randseed=3 --rate_iops=150 --minimal >/run/lab/load 2>&1 3>&- &
FIO=$!
writes() { awk '{print $5 + $1}' "/sys/block/$(basename "$(readlink -f "$MAP")")/stat"; }
moving() { local a b; a=$(writes); sleep 1; b=$(writes); [ "$b" -gt "$a" ]; }
check "load runs" wait_for 10 moving
for n in 2 1; do
  ip link set eth$((n - 1)) down
  t0=$(now_ms)
  check "path $n lost: the map sees it" wait_for 40 one
  metric path_lost_ms $(($(now_ms) - t0))
  check "path $n lost: the load goes on" wait_for 20 moving
  ip link set eth$((n - 1)) up; t0=$(now_ms)
  check "path $n back: two active paths again" wait_for 60 both
  metric path_back_ms $(($(now_ms) - t0))
done
ip link set eth0 down; ip link set eth1 down
check "both paths lost: the map sees it" wait_for 40 none
check_not "both paths lost: the load is held, not failed" moving
check "  fio is still alive" kill -0 $FIO
ip link set eth0 up; ip link set eth1 up
check "both paths back" wait_for 60 both
check "the load goes on" wait_for 20 moving
wait $FIO; r=$?
is "the load ended without an error and its data verified" "$r" 0 || { grep -v '^3;' /run/lab/load | head -8 | while IFS= read -r l; do diag "$l"; done; }
check "the data written before is intact" same /tmp/d "$MAP" 0
check "the map is flushed away" multipath -f "$WWID"
kill $MPD; wait $MPD
check "logout from both" iscsiadm -m node --logoutall=all

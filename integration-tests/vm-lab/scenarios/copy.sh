# Copies that the target makes by itself: EXTENDED COPY (LID1) as sg_xcopy sends it, within the LUN and,
# when the target has a second one, between the two.
iscsi_up
check "discovery" discover 1 || bail "no discovery"
check "login brings a disk" connect 1 || bail "no disk"
B=
for d in /sys/class/iscsi_session/session"$SID"/device/target*/*:*:*:1/block/*; do
  [ ! -d "$d" ] || [ "/dev/$(basename "$d")" = "$DISK" ] || B=/dev/$(basename "$d")
done
diag "source $DISK, second LUN ${B:-none}"
bs=$(blockdev --getss "$DISK"); kib=$((1024 / bs))            # blocks in a KiB
data /tmp/d 4194304
check "write 4 MiB" put /tmp/d "$DISK" 0 1M
if ! run_log sg_copy_results -p "$DISK"; then skip "EXTENDED COPY" "status $RC from RECEIVE COPY RESULTS"
else
  show_out 24
  xcopy() { sg_xcopy "$@" bs="$bs"; }
  check "within the LUN: 1 MiB" xcopy if="$DISK" of="$DISK" count=$((1024 * kib)) skip=0 seek=$((16384 * kib))
  head -c 1048576 /tmp/d >/tmp/m; check "  is there" same /tmp/m "$DISK" 16384
  check "within the LUN: 4 MiB in segments of 64 blocks" xcopy if="$DISK" of="$DISK" count=$((4096 * kib)) skip=0 seek=$((32768 * kib)) bpt=64
  check "  is there" same /tmp/d "$DISK" 32768 1M
  for u in hold discard disable; do
    id=7; [ $u != disable ] || id=0
    check_sa "list identifier usage $u" xcopy if="$DISK" of="$DISK" count=64 skip=$((1024 * kib)) seek=$((49152 * kib)) list_id=$id id_usage=$u || continue
    dd if=/tmp/d bs=1k skip=1024 count=32 of=/tmp/m 2>/dev/null; head -c $((64 * bs)) /tmp/m >/tmp/mm
    check "  copied" same /tmp/mm "$DISK" 49152
  done
  end=$(blockdev --getsz "$DISK")
  check_not "a copy over the end is refused" xcopy if="$DISK" of="$DISK" count=64 skip=0 seek=$((end - 32))
  check "the source is what it was" same /tmp/d "$DISK" 0 1M
  if [ -n "$B" ]; then
    check "to the second LUN: 4 MiB" xcopy if="$DISK" of="$B" count=$((4096 * kib)) skip=0 seek=$((1024 * kib))
    check "  is there" same /tmp/d "$B" 1024 1M
    check "  sent to the destination's LUN" xcopy if="$DISK" of="$B" count=$((1024 * kib)) skip=$((2048 * kib)) seek=$((8192 * kib)) --on_dst
    dd if=/tmp/d bs=1M skip=2 count=1 of=/tmp/m 2>/dev/null; check "  is there" same /tmp/m "$B" 8192
    check "and back, to odd places" xcopy if="$B" of="$DISK" count=$((1024 * kib - 3)) skip=$((1024 * kib + 1)) seek=$((65536 * kib + 5))
    get "$DISK" 65536 1048576 | tail -c +$((5 * bs + 1)) | head -c 900000 >/tmp/m
    tail -c +$((bs + 1)) /tmp/d | head -c 900000 >/tmp/mm; check "  is there" cmp /tmp/m /tmp/mm
    check "the last block of one to the first of the other" xcopy if="$DISK" of="$B" count=1 skip=$((end - 1)) seek=0
  else skip "between two LUNs" "the target has one"; fi

  # a reservation of somebody else at the destination holds against copies as well
  A=$DISK S=$SID; iface other "iqn.2024-01.org.example:vmlab-other" && connect 1 other
  O=/dev/$(sg_of "$(basename "$DISK")"); DISK=$A; SID=$S
  sg_turs "$O" >/dev/null 2>&1
  if sg_persist --no-inquiry -o -G --param-rk=0 --param-sark=0xcc "$O" >/dev/null 2>&1 &&
     sg_persist --no-inquiry -o -R --param-rk=0xcc --prout-type=1 "$O" >/dev/null 2>&1; then
    check_not "a reservation of another initiator refuses the copy" xcopy if="$DISK" of="$DISK" count=64 skip=0 seek=$((49152 * kib))
    sg_persist --no-inquiry -o -C --param-rk=0xcc "$O" >/dev/null 2>&1
    sg_turs "$DISK" >/dev/null 2>&1; sg_turs "$DISK" >/dev/null 2>&1
    check "and does no more once it is gone" xcopy if="$DISK" of="$DISK" count=64 skip=0 seek=$((49152 * kib))
  else skip "a reservation of another initiator refuses the copy" "no persistent reservations"; fi
fi

# The only Linux program that sends them asks for 0 blocks for ever (ddpt 0.97: the range descriptor of its
# POPULATE TOKEN is empty).
skip "copies by token (ODX)" "no client here sends them rightly"
check "logout from all" iscsiadm -m node --logoutall=all

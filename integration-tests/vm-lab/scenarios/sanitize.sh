# SANITIZE (overwrite, block erase) and FORMAT UNIT as sg3-utils sends them, with what the disk reads as
# afterwards; commands during it are refused.
iscsi_up
check "discovery" discover 1 || bail "no discovery"
check "login brings a disk" connect 1 || bail "no disk"
G=/dev/$(sg_of "$(basename "$DISK")")
size=$(blockdev --getsize64 "$DISK"); last=$((size / 1024 - 1024))
zeroes() { get "$DISK" "$1" 1048576 | tr -d '\0' | head -c 1 | wc -c; }
data /tmp/d 1048576
fill() { put /tmp/d "$DISK" 0 && put /tmp/d "$DISK" 65536 && put /tmp/d "$DISK" $last; }
everywhere() { same "$1" "$DISK" 0 && same "$1" "$DISK" 65536 && same "$1" "$DISK" 131072 && same "$1" "$DISK" $last; }
sanitize() { sg_sanitize --quick --wait --timeout=300 "$@" "$G"; }

fill
if check_sa "SANITIZE, overwrite with zeroes" sanitize --overwrite --zero && [ $RC = 0 ]; then
  for at in 0 65536 $last; do is "  reads zeroes at $at KiB" "$(zeroes $at)" 0; done
  head -c 512 /tmp/d >/tmp/pattern
  check "SANITIZE, overwrite with a pattern of a block" sanitize --overwrite --pattern=/tmp/pattern --ipl=512
  i=0; : >/tmp/p; while [ $i -lt 2048 ]; do cat /tmp/pattern; i=$((i + 1)); done >/tmp/p
  check "  the pattern is everywhere" everywhere /tmp/p
  printf '\123\042\001\377' >/tmp/pattern
  check_sa "SANITIZE, overwrite with four bytes" sanitize --overwrite --pattern=/tmp/pattern --ipl=4 && {
    head -c 16 /tmp/pattern >/dev/null; i=0; while [ $i -lt 128 ]; do cat /tmp/pattern; i=$((i + 1)); done >/tmp/b
    i=0; while [ $i -lt 2048 ]; do cat /tmp/b; i=$((i + 1)); done >/tmp/p; check "  the pattern is everywhere" everywhere /tmp/p; }
  fill
  # started and not waited for: what comes meanwhile is refused, and it ends
  run_log sg_sanitize --quick --early --overwrite --zero --timeout=300 "$G"; is "SANITIZE that answers at once" $RC 0
  wr=$(sg_raw -s 512 -i /tmp/pattern "$G" 2a 00 00 00 10 00 00 00 01 00 >/run/lab/o 2>&1; echo $?)
  diag "a WRITE meanwhile: status $wr"
  run_log sg_requests -p "$G"; show_out 4
  check "  ends" wait_for 120 sg_turs "$G"
  if [ "$wr" != 0 ]; then is "  reads zeroes" "$(zeroes 0)" 0; fi
fi
fill
check_sa "SANITIZE, block erase" sanitize --block && [ $RC = 0 ] && for at in 0 65536 $last; do
  is "  reads zeroes at $at KiB" "$(zeroes $at)" 0; done
check_rc "SANITIZE, cryptographic erase is refused where nothing is encrypted" 5 sanitize --crypto ||
  [ $RC != 9 ] || skip "cryptographic erase" "no SANITIZE"
fill
if check_opt "FORMAT UNIT" sg_format --format --quick --wait "$G" && [ $RC = 0 ]; then
  check "  the disk is ready" wait_for 60 sg_turs "$G"
  is "  and as large as before" "$(sg_readcap --16 "$G" | sed -n 's/.*Last LBA=\([0-9]*\).*/\1/p')" $((size / 512 - 1))
fi
fill
check "what is written after all that reads back" same /tmp/d "$DISK" $last
check "logout" logout

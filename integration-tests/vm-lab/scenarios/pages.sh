# What management tools read and set: log pages, saved mode pages, identifying information, timestamp,
# buffers, diagnostics. With the hook 'restart' what is saved is seen to last.
iscsi_up
check "discovery" discover 1 || bail "no discovery"
check "login brings a disk" connect 1 || bail "no disk"
G=/dev/$(sg_of "$(basename "$DISK")"); B=$(basename "$DISK")
cache=$(echo /sys/block/"$B"/device/scsi_disk/*/cache_type)
diag "the kernel takes the disk's cache for: $(cat "$cache")"

if run_log sg_logs "$DISK"; then
  pass "LOG SENSE, supported pages"; show_out 24
  for p in $(sg_logs -r "$DISK" 2>/dev/null | od -An -v -tx1 -j4 | tr -s ' ' '\n' | grep -v '^$'); do
    check "log page 0x$p" sg_logs -p 0x$p "$DISK"; show_out 30
  done
  check_sa "supported pages and subpages" sg_logs -p 0,0xff "$DISK"; show_out 30
  reads() { sg_logs -p 0x19 "$DISK" 2>/dev/null | sed -n 's/.*[Nn]umber of read commands *= *//p' | head -1; }
  r0=$(reads)
  if [ -n "$r0" ]; then
    i=0; while [ $i -lt 10 ]; do get "$DISK" 0 4096 >/dev/null; i=$((i + 1)); done
    r1=$(reads)             # udev may be reading as well
    if [ $((r1 - r0)) -ge 10 ]; then pass "ten reads are in the general statistics"; else fail "ten reads are in the general statistics"; diag "$r0 -> $r1"; fi
  else skip "general statistics count reads" "no log page 19h"; fi
  check_sa "LOG SELECT: reset all counters" sg_logs --reset --select "$DISK"
  check_rc "a log page that is not there is refused" 5 sg_logs -p 0x3e "$DISK"
else skip "LOG SENSE" "status $RC"; fi

ps=$(sg_modes -p 8 -r "$DISK" 2>/dev/null | od -An -v -tu1 | tr -s ' \n' '\n' | grep -c '^136$')
if [ "$ps" = 0 ]; then skip "saved mode pages" "the caching page cannot be saved (PS is 0)"; saved=
else
  saved=1
  check "the kernel turns the write cache off (MODE SELECT with SP)" sh -c "echo 'write through' >$cache"
  is "  the kernel reads it back" "$(cat "$cache")" "write through"
  check_out "  it is among the current values" "WCE|Caching" sg_modes -p 8 -c 0 "$DISK"; show_out 8
  check "  and among the saved ones" sg_modes -p 8 -c 3 "$DISK"; show_out 8
  data /tmp/d 1048576; check "  writes go on" put /tmp/d "$DISK" 0; check "  reads too" same /tmp/d "$DISK" 0
fi

ident=
if check_sa "SET IDENTIFYING INFORMATION" sh -c "printf vm-lab-disk | sg_ident --set $G" && [ $RC = 0 ]; then
  ident=1; is "REPORT IDENTIFYING INFORMATION" "$(sg_ident --raw "$G" | tr -d '\0')" vm-lab-disk
fi
if check_sa "SET TIMESTAMP" sg_timestamp --seconds=1700000000 "$G" && [ $RC = 0 ]; then
  t=$(sg_timestamp --srep "$G" | grep -oE '[0-9]+' | tail -1)
  if [ "$((t - 1700000000))" -ge 0 ] && [ "$((t - 1700000000))" -lt 60 ]; then pass "REPORT TIMESTAMP goes on from there"
  else fail "REPORT TIMESTAMP goes on from there"; diag "$t"; fi
fi

if check_opt "READ BUFFER: descriptor" sg_read_buffer --mode=desc --length=4 "$G" && [ $RC = 0 ]; then
  show_out 4
  data /tmp/e 252
  if check_sa "WRITE BUFFER: echo" sg_write_buffer --mode=echo --length=252 --in=/tmp/e "$G" && [ $RC = 0 ]; then
    check "READ BUFFER: echo" sg_raw -r 252 -o /tmp/f "$G" 3c 0a 00 00 00 00 00 00 fc 00
    check "  is what was written" cmp /tmp/e /tmp/f
  fi
fi
check_opt "SEND DIAGNOSTIC: self test" sg_senddiag --test "$DISK"
check_sa "SEND DIAGNOSTIC asks for the supported pages" sg_senddiag --list "$DISK"; show_out 8
check_opt "RECEIVE DIAGNOSTIC RESULTS: supported pages" sg_raw -r 64 "$G" 1c 01 00 00 40 00
check_sa "REPORT SUPPORTED OPERATION CODES with timeouts" sg_opcodes -n --rctd "$DISK"

if [ -n "$saved$ident" ]; then
  host restart; r=$?
  if [ $r = 127 ]; then skip "what is saved lasts" "no hook"
  else
    is "the target restarted" $r 0
    wait_for 60 sg_turs "$DISK"; sg_turs "$DISK"
    [ -z "$saved" ] || { run_log iscsiadm -m session -r "$SID" --rescan
      check_out "the write cache is still off" "0" sh -c "sg_modes -p 8 -r $DISK | od -An -v -tu1 | tr -s ' \n' '\n' | grep -A2 '^136\$' | tail -1 | awk '{print (int(\$1 / 4) % 2)}'"
      check "  the kernel turns it on again" sh -c "echo 'write back' >$cache"
      is "  and reads it back" "$(cat "$cache")" "write back"; }
    [ -z "$ident" ] || is "the identifying information is still there" "$(sg_ident --raw "$G" | tr -d '\0')" vm-lab-disk
  fi
fi
check "logout" logout

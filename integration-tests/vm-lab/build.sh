#!/bin/bash
# Build the test VM: a kernel and an initramfs made of unmodified Debian packages.
#
#   build.sh DIR        make DIR/vmlinux, DIR/initramfs.cpio, DIR/busybox
#   build.sh -f DIR     the same, even if DIR is up to date
#   build.sh --guest DIR  only re-pack guest/ (init and library) into an existing build
#
# Packages are downloaded with apt into DIR/debs and unpacked with dpkg-deb; nothing is
# installed on the host and no maintainer script runs. Root is not needed.
# Needs on the host: apt (with package lists: 'apt-get update'), dpkg-deb, tar, cpio, xz.
set -Eeuo pipefail

trap 'echo "build.sh: failed at line $LINENO: $BASH_COMMAND" >&2' ERR
here=$(cd "$(dirname "$0")" && pwd)
force=0 guest_only=0
while :; do
  case "${1:-}" in
    -f) force=1; shift ;;
    --guest) guest_only=1; shift ;;
    *) break ;;
  esac
done
[ $# = 1 ] || { sed -n '2,12p' "$0"; exit 2; }
mkdir -p "$1"; dir=$(cd "$1" && pwd)

packages=(
  linux-image-amd64 busybox-static dash kmod udev libc6 libgcc-s1 coreutils util-linux mount
  iproute2 open-iscsi sg3-utils sg3-utils-udev lsscsi multipath-tools dmsetup
  e2fsprogs xfsprogs fio nvme-cli ddpt
)
# Programs copied into the initramfs together with the shared libraries that they name.
programs=(
  dash iscsid iscsiadm iscsi-iname udevadm kmod ip ss tc rdma lsscsi multipath multipathd
  kpartx mpathpersist dmsetup mke2fs e2fsck resize2fs tune2fs dumpe2fs mkfs.xfs xfs_repair
  blkdiscard blockdev fstrim losetup lsblk blkid wipefs fio nvme dd sha256sum timeout ddpt
)
# Kernel modules copied into the initramfs together with those that they depend on.
modules=(
  virtio_pci virtio_net virtio_blk virtio_rng qemu_fw_cfg virtio_console
  sd_mod sg st sr_mod ses scsi_transport_iscsi iscsi_tcp
  scsi_dh_alua scsi_dh_rdac scsi_dh_emc
  dm_mod dm_multipath dm_round_robin dm_queue_length dm_service_time dm_snapshot
  ext4 xfs crc32_generic crc32c_generic crc32c_intel crct10dif_pclmul loop brd null_blk zram
  tcp_diag inet_diag sch_netem
  target_core_mod target_core_iblock target_core_file target_core_pscsi target_core_user
  iscsi_target_mod tcm_loop configfs scsi_debug
  rdma_rxe ib_iser ib_isert rdma_ucm ib_uverbs
  nvme_core nvme_fabrics nvme_tcp nvme_rdma nvmet nvmet_tcp
)

busybox() { "$dir/busybox" "$@"; }

pack_guest() {   # guest/ is packed apart from the rest, so that editing it costs nothing
  rm -rf "$dir/overlay"; mkdir -p "$dir/overlay/lab"
  cp "$here"/guest/* "$dir/overlay/lab/"
  cp "$here/guest/init" "$dir/overlay/init"; chmod 755 "$dir/overlay/init"
  (cd "$dir/overlay" && find . | LC_ALL=C sort | cpio --quiet -o -H newc --owner=0:0) >"$dir/overlay.cpio"
  # The kernel reads archives that follow one another; each must start on a 4-byte boundary.
  cat "$dir/base.cpio" "$dir/overlay.cpio" >"$dir/initramfs.cpio.new"
  mv "$dir/initramfs.cpio.new" "$dir/initramfs.cpio"
}

if [ $guest_only = 1 ]; then pack_guest; exit 0; fi

# --- which packages: their whole closure, as if on an empty system --------------------------
apt=(apt-get -q -y --no-install-recommends -o Debug::NoLocking=1 -o APT::Architecture=amd64
     -o DPkg::Lock::Timeout=300 -o APT::Sandbox::User=
     -o Dir::State::status="$dir/status" -o Dir::Cache::archives="$dir/debs"
     -o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache=)
mkdir -p "$dir/debs/partial"; : >"$dir/status"
"${apt[@]}" -s install "${packages[@]}" >"$dir/apt.plan" ||
  { echo "build.sh: apt cannot resolve the packages (run 'apt-get update'?)" >&2; tail -5 "$dir/apt.plan" >&2; exit 3; }
# Of the closure these have no part in the initramfs: they serve maintainer scripts only.
sed -n 's/^Inst \([^ ]*\) (\([^ ]*\).*/\1=\2/p' "$dir/apt.plan" | sort |
  grep -vE '^(perl|libperl|perl-|python3|libpython3|debconf|adduser|passwd|initramfs-tools|klibc|libklibc|dpkg|tar|usrmerge|gcc-12-base|media-types|libsemanage|libsepol|dmidecode|readline-common|linux-base|linux-image-amd64|lib(number|text|file).*-perl|libdb5|libgdbm|libsqlite)' \
  >"$dir/packages.new"
stamp=$( { cat "$dir/packages.new" "$0"; } | sha256sum | cut -d' ' -f1)
if [ $force = 0 ] && [ "$(cat "$dir/stamp" 2>/dev/null)" = "$stamp" ] && [ -s "$dir/base.cpio" ] && [ -s "$dir/vmlinux" ]; then
  pack_guest; echo "build.sh: $dir is up to date"; exit 0
fi
rm -f "$dir/stamp"

# --- download and unpack ---------------------------------------------------------------------
(cd "$dir/debs" && xargs "${apt[@]}" download <"$dir/packages.new") >"$dir/apt.log" 2>&1 ||
  { echo "build.sh: download failed, see apt.log in the build folder" >&2; exit 3; }
rm -rf "$dir/stage" "$dir/root"; mkdir -p "$dir/stage"
for d in bin sbin lib lib64; do mkdir -p "$dir/stage/usr/$d"; ln -s "usr/$d" "$dir/stage/$d"; done
while IFS='=' read -r name version; do
  deb=$(ls "$dir/debs/${name}_${version//:/%3a}_"*.deb | head -1)
  dpkg-deb --fsys-tarfile "$deb" |
    tar -x --keep-directory-symlink --no-same-owner -C "$dir/stage" --exclude='./usr/share/doc' \
        --exclude='./usr/share/man' --exclude='./usr/share/locale' --exclude='./usr/share/python*'
done <"$dir/packages.new"
stage=$dir/stage root=$dir/root
kver=$(ls "$stage/usr/lib/modules" | sort -V | tail -1)

# --- the kernel, unpacked: software emulation would spend seconds on unpacking it -------------
image=$stage/boot/vmlinuz-$kver
u() { od -An -v -tu"$3" -j"$2" -N"$3" "$1" | tr -d ' '; }
setup=$(u "$image" $((0x1f1)) 1); off=$(u "$image" $((0x248)) 4); len=$(u "$image" $((0x24c)) 4)
tail -c +$(( (setup + 1) * 512 + off + 1 )) "$image" | head -c "$len" >"$dir/payload" || true
case $(od -An -tx1 -N4 "$dir/payload" | tr -d ' ') in
  fd377a58) xz -dc --single-stream <"$dir/payload" >"$dir/vmlinux" ;;
  1f8b*)    gzip -dcq <"$dir/payload" >"$dir/vmlinux" || true ;;
  28b52ffd) zstd -dcq <"$dir/payload" >"$dir/vmlinux" || true ;;
  *)        : >"$dir/vmlinux" ;;
esac
rm -f "$dir/payload"
[ "$(head -c4 "$dir/vmlinux" | tail -c3)" = ELF ] || cp "$image" "$dir/vmlinux"

# --- the initramfs -----------------------------------------------------------------------------
mkdir -p "$root"/{dev,proc,sys,run,tmp,mnt,root,var/lib,etc/iscsi,usr/lib/modules/"$kver",usr/share}
for d in bin lib lib64; do mkdir -p "$root/usr/$d"; ln -s "usr/$d" "$root/$d"; done
ln -s usr/bin "$root/sbin"; ln -s bin "$root/usr/sbin"
ln -s ../run "$root/var/run"; ln -s ../run/lock "$root/var/lock"
cp "$stage/usr/bin/busybox" "$dir/busybox"; cp "$dir/busybox" "$root/usr/bin/busybox"
for a in $(busybox --list); do [ "$a" = busybox ] || ln -s busybox "$root/usr/bin/$a"; done

libs=$stage/usr/lib/x86_64-linux-gnu
libpath=$libs:$stage/usr/lib:$(find "$libs" -mindepth 1 -maxdepth 1 -type d \( -name ceph -o -name systemd \) | tr '\n' ':')
copy_libs() {   # all shared libraries that a program or library needs, found in the stage only
  [ "$(head -c4 "$1" | tail -c3)" = ELF ] || return 0
  "$libs/ld-linux-x86-64.so.2" --inhibit-cache --library-path "$libpath" --list "$1" 2>/dev/null |
    sed -n 's/.*=> \(\/[^ ]*\) (.*/\1/p' | while read -r l; do
      t=$root/usr/lib/x86_64-linux-gnu/$(basename "$l")
      [ -e "$t" ] || { mkdir -p "${t%/*}"; cp -L "$l" "$t"; }
    done || { echo "build.sh: libraries missing for $1" >&2; return 1; }
}
mkdir -p "$root/usr/lib/x86_64-linux-gnu"
cp -L "$libs/ld-linux-x86-64.so.2" "$root/usr/lib64/ld-linux-x86-64.so.2"
add() {   # add SOURCE [TARGET]: a program into /usr/bin, with its libraries
  local t=$root/usr/bin/${2:-$(basename "$1")}
  rm -f "$t"; cp -L "$1" "$t"; copy_libs "$1"
}
for p in "${programs[@]}"; do
  f=$stage/usr/sbin/$p; [ -e "$f" ] || f=$stage/usr/bin/$p
  [ -e "$f" ] || { echo "build.sh: no $p in the packages" >&2; exit 3; }
  add "$f"
done
for f in "$stage"/usr/bin/sg_* "$stage"/usr/bin/sginfo; do add "$f"; done
ln -sf dash "$root/usr/bin/sh"      # busybox's own shell would prefer its applets to the programs above
for a in modprobe insmod rmmod lsmod depmod modinfo; do ln -sf kmod "$root/usr/bin/$a"; done
for a in mkfs.ext4 mkfs.ext3; do ln -sf mke2fs "$root/usr/bin/$a"; done
for a in fsck.ext4; do ln -sf e2fsck "$root/usr/bin/$a"; done
# what is loaded by name at run time
cp -L "$libs/libgcc_s.so.1" "$root/usr/lib/x86_64-linux-gnu/"
cp -r "$stage/usr/lib/multipath" "$root/usr/lib/"
for f in "$root"/usr/lib/multipath/*.so; do copy_libs "$f"; done
# udev: the daemon, its helpers and Debian's rules, as on an installed system
mkdir -p "$root/usr/lib/systemd"; ln -s ../../bin/udevadm "$root/usr/lib/systemd/systemd-udevd"
cp -r "$stage/usr/lib/udev" "$root/usr/lib/"; rm -rf "$root/usr/lib/udev/hwdb.d" "$root/usr/lib/udev/hwdb.bin"
for f in "$root"/usr/lib/udev/*; do [ ! -f "$f" ] || copy_libs "$stage/usr/lib/udev/$(basename "$f")"; done
cp "$stage/etc/mke2fs.conf" "$root/etc/"; cp "$stage/etc/iscsi/iscsid.conf" "$root/etc/iscsi/"
mkdir -p "$root/etc/udev/rules.d" "$root/etc/multipath" "$root/etc/nvme"
[ ! -d "$stage/usr/share/xfsprogs" ] || cp -r "$stage/usr/share/xfsprogs" "$root/usr/share/"
cat >"$root/etc/passwd" <<<'root:x:0:0:root:/root:/bin/sh'
{ for g in root:0 tty:5 disk:6 cdrom:24 tape:26 dialout:20 kmem:15 video:44 audio:29 lp:7 render:105 input:104 kvm:106 sgx:107; do
    echo "${g%:*}:x:${g#*:}:"; done; } >"$root/etc/group"
echo 'root::0:0:99999:7:::' >"$root/etc/shadow"
printf 'passwd: files\ngroup: files\nhosts: files\n' >"$root/etc/nsswitch.conf"
printf '127.0.0.1 localhost\n' >"$root/etc/hosts"
echo '00000000000000000000000000000001' >"$root/etc/machine-id"

# modules: depmod once over all of them, then only the wanted ones with their dependencies
depmod() { "$libs/ld-linux-x86-64.so.2" --inhibit-cache --argv0 depmod --library-path "$libpath" "$stage/usr/bin/kmod" "$@"; }
depmod -b "$stage" "$kver"
mdep=$stage/usr/lib/modules/$kver/modules.dep
[ -s "$mdep" ] || { echo "build.sh: depmod gave nothing" >&2; exit 3; }
for m in "${modules[@]}"; do
  line=$(grep -E "(^|/)$(sed 's/[_-]/[_-]/g' <<<"$m")\.ko[^/: ]*:" "$mdep" | head -1)
  if [ -z "$line" ]; then
    grep -qE "/$(sed 's/[_-]/[_-]/g' <<<"$m")\.ko" "$stage/usr/lib/modules/$kver/modules.builtin" ||
      echo "build.sh: warning: no module $m in $kver" >&2
    continue
  fi
  for f in ${line/:/ }; do
    mkdir -p "$root/usr/lib/modules/$kver/$(dirname "$f")"
    cp -n "$stage/usr/lib/modules/$kver/$f" "$root/usr/lib/modules/$kver/$f"
  done
done
cp "$stage/usr/lib/modules/$kver"/modules.{builtin,builtin.modinfo,order} "$root/usr/lib/modules/$kver/"
depmod -b "$root" "$kver"
strip --strip-debug $(find "$root/usr/lib/modules" -name '*.ko') 2>/dev/null || true

find "$root" -exec touch -h -d @0 {} +
(cd "$root" && find . | LC_ALL=C sort | cpio --quiet --reproducible -o -H newc --owner=0:0) >"$dir/base.cpio"
mv "$dir/packages.new" "$dir/packages.txt"
rm -rf "$dir/stage" "$dir/root"
pack_guest
echo "$stamp" >"$dir/stamp"
echo "build.sh: kernel $kver, initramfs $(( $(stat -c %s "$dir/initramfs.cpio") >> 20 )) MiB, $(wc -l <"$dir/packages.txt") packages"

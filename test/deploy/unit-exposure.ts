/**
 * What `systemd-analyze security` still holds against the guard's unit, and why it stays. A point that is not here is a failure, and so is
 * one that is here and no longer found.
 */
export const acceptedExposure: Readonly<Record<string, string>> = {
  UserOrDynamicUser: 'it starts, stops and kills the validator through systemd, and writes keys that only root may read until it hands them on',
  CapabilityBoundingSet_CAP_DAC_FOWNER_IPC_OWNER: 'CAP_DAC_OVERRIDE: the socket of the node belongs to the user of the node',
  PrivateNetwork: 'it reads the lease from AWS and the height from the node',
  RestrictAddressFamilies_AF_INET_INET6: 'it reads the lease from AWS and the height from the node',
  RestrictAddressFamilies_AF_UNIX: 'the privval socket, systemd and its notification socket',
  IPAddressDeny: 'the addresses of AWS change; the endpoints are held by TLS',
  NotifyAccess: 'Node has no datagram sockets of the unix family, so systemd-notify feeds the watchdog',
  PrivateUsers: 'in a namespace of its own it could not open the socket of another user',
  MemoryDenyWriteExecute: 'V8 compiles at run time',
  RootDirectoryOrRootImage: 'it runs the programs of this machine: systemctl, the health commands',
  ProcSubset: 'the clock that counts a suspended machine is /proc/uptime, and the refusal of a swap reads /proc/swaps',
  DeviceAllow: 'the clock device, which ProtectClock itself lists, read-only',
};

/** As systemd counts it: 0 is best, 10 is worst. */
export const maxExposure = 2;

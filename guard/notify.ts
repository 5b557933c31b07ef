import { execFile } from 'node:child_process';

/**
 * Tells systemd READY and feeds its watchdog. Node has no datagram sockets of the unix family, so `systemd-notify` sends the message;
 * the unit has NotifyAccess=all for that. Without NOTIFY_SOCKET nothing is sent.
 */
export class ServiceNotify {
  #pending = false;

  send(message: 'READY=1' | 'WATCHDOG=1' | 'STOPPING=1'): void {
    if (process.env['NOTIFY_SOCKET'] === undefined || (this.#pending && message === 'WATCHDOG=1')) return;
    this.#pending = true;
    execFile('systemd-notify', [`--pid=${process.pid}`, message], { timeout: 2_000 }, () => {
      this.#pending = false;
    });
  }
}

import { until } from '../../../local/drill/until.ts';
import { nodeAddress } from '../../../test/rig/net.ts';
import type { RigNode } from '../../../test/rig/node.ts';
import type { Running, Tool } from '../tool.ts';
import { pidPath, signerArgv, untilSigns, type Bench } from '../world.ts';

/** Pacemaker and Corosync as Clusters from Scratch sets two nodes up: two_node, a fence device, an OCF agent. */

const formMs = 90_000;

const corosync = (tokenMs: number): string => `totem {
  version: 2
  cluster_name: bench
  transport: knet
  token: ${tokenMs}
}
system {
  sched_rr: no
}
quorum {
  provider: corosync_votequorum
  two_node: 1
}
nodelist {
${(['amber', 'birch'] as const).map((name, at) => `  node {\n    ring0_addr: ${nodeAddress[name]}\n    name: ${name}\n    nodeid: ${at + 1}\n  }`).join('\n')}
}
logging {
  to_syslog: yes
}
`;

const fenceAgent = (url: string): string => `#!/bin/sh
action=reboot
while read -r line; do
  case "$line" in
    action=*) action=\${line#action=} ;;
    port=*) port=\${line#port=} ;;
    nodename=*) port=\${port:-\${line#nodename=}} ;;
  esac
done
case "$action" in
  off | reboot) curl -fsS -m 20 -X POST "${url}/off/$port" >/dev/null ;;
  on | start | stop) exit 0 ;;
  status) [ "$(curl -fsS -m 5 "${url}/state/$port")" = on ] || exit 2 ;;
  monitor) curl -fsS -m 5 "${url}/state/amber" >/dev/null ;;
  list) printf 'amber,\\nbirch,\\n' ;;
  metadata) cat <<'XML'
<?xml version="1.0"?>
<resource-agent name="fence_bench" shortdesc="The power switch of the bench">
<parameters>
<parameter name="port"><content type="string"/></parameter>
<parameter name="action"><content type="string" default="reboot"/></parameter></parameters>
<actions><action name="on"/><action name="off"/><action name="reboot"/>
<action name="status"/><action name="list"/><action name="monitor"/><action name="metadata"/></actions>
</resource-agent>
XML
  ;;
  *) exit 1 ;;
esac
`;

const resourceAgent = `#!/bin/sh
alive() { kill -0 "$(cat ${pidPath} 2>/dev/null)" 2>/dev/null; }
case "$1" in
  start) alive && exit 0; systemctl start signer; for _ in 1 2 3 4 5 6 7 8 9 10; do alive && exit 0; sleep 0.05; done; exit 1 ;;
  stop) systemctl stop signer; ! alive || exit 1 ;;
  monitor) alive || exit 7 ;;
  meta-data) cat <<'XML'
<?xml version="1.0"?>
<resource-agent name="signer" version="1">
<version>1.1</version><longdesc lang="en">The dummy signer.</longdesc><shortdesc lang="en">signer</shortdesc><parameters/>
<actions>
<action name="start" timeout="20s"/><action name="stop" timeout="20s"/>
<action name="monitor" timeout="20s" interval="10s"/><action name="meta-data" timeout="5s"/></actions>
</resource-agent>
XML
  ;;
  *) exit 3 ;;
esac
`;

const op = (name: string, intervalS: number): string => `<op id="signer-${name}" name="${name}" interval="${intervalS}s" timeout="20s"/>`;

const configuration = (monitorS: number): string =>
  `<configuration><resources>
<primitive id="power" class="stonith" type="fence_bench">
<instance_attributes id="power-a"><nvpair id="power-h" name="pcmk_host_list" value="amber birch"/></instance_attributes>
<operations><op id="power-monitor" name="monitor" interval="60s"/></operations></primitive>
<primitive id="signer" class="ocf" provider="bench" type="signer"><operations>${op('start', 0)}${op('stop', 0)}${op('monitor', monitorS)}</operations>
<meta_attributes id="signer-m"><nvpair id="signer-s" name="resource-stickiness" value="100"/></meta_attributes></primitive>
</resources>
<constraints><rsc_location id="home" rsc="signer" node="amber" score="50"/></constraints></configuration>`;

const fit = (node: RigNode, bench: Bench, tokenMs: number): void => {
  node.write('/etc/corosync/corosync.conf', corosync(tokenMs));
  node.write('/usr/sbin/fence_bench', fenceAgent(bench.powerUrl), 0o755);
  node.write('/usr/lib/ocf/resource.d/bench/signer', resourceAgent, 0o755);
  node.write('/etc/systemd/system/signer.service', `[Service]\nExecStart=${signerArgv(node.name).join(' ')}\nTimeoutStopSec=2\n`);
};

const pacemaker = (of: { readonly tokenMs: number; readonly monitorS: number; readonly named: string; readonly all: boolean }): Tool => ({
  name: of.named,
  label: `Pacemaker + Corosync + STONITH, token ${of.tokenMs} ms`,
  settings: `two_node, token ${of.tokenMs} ms, stonith-action off, monitor each ${of.monitorS} s`,
  all: of.all,
  start: async (bench): Promise<Running> => {
    const { amber, birch, nodes, clock } = bench;
    for (const node of nodes) fit(node, bench, of.tokenMs);
    await Promise.all(nodes.map((node) => node.boot()));
    await Promise.all(nodes.map((node) => node.must('systemctl start corosync pacemaker')));
    await until(
      clock,
      formMs,
      'a cluster of two',
      async () =>
        /2 nodes configured/.test((await amber.sh('crm_mon -1 -r')).stdout) && /Online:.*amber.*birch/.test((await amber.sh('crm_mon -1')).stdout),
    );
    await amber.must('crm_attribute -t crm_config -n stonith-action -v off');
    await amber.must(`cat >/run/cib.xml <<'XML'\n${configuration(of.monitorS)}\nXML\ncibadmin -M -c -o configuration -x /run/cib.xml`);
    await untilSigns(bench, 'amber');
    await until(clock, formMs, 'its fence device', async () => /power.*Started/.test((await birch.sh('crm_mon -1')).stdout));
    return {
      planned: async () => {
        await amber.must('crm_resource --resource signer --move --node birch');
      },
      story: async () => (await birch.sh('journalctl --no-pager -o short-precise -n 200 -u corosync -u pacemaker; crm_mon -1rf')).stdout,
    };
  },
});

export const pacemakerTools: readonly Tool[] = [
  pacemaker({ named: 'pacemaker', tokenMs: 1_000, monitorS: 1, all: true }),
  pacemaker({ named: 'pacemaker-default', tokenMs: 3_000, monitorS: 10, all: false }),
];

/** The machines as SSM and EC2 reach them. The node sandbox implements it; tests bring their own. */

export interface RunResult {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Machine {
  /** The agent answers: powered on, not frozen, not cut off. */
  reachable(): boolean;
  /** Runs a script as the agent would, as root of the machine. */
  run(script: string, env: Readonly<Record<string, string>>, timeoutMs: number): Promise<RunResult>;
  /** Cuts the power; resolves when nothing of it runs any more. */
  powerOff(): Promise<void>;
  /** `terminated`: it is gone for good. */
  state(): 'running' | 'stopped' | 'terminated';
}

export interface Machines {
  get(nodeId: string): Machine | undefined;
}

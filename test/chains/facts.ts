/** What a chain's scenario found: the same questions for every chain. */

export interface SwitchFacts {
  /** Duties done by two nodes at once, or against what was done before: must be 0. */
  readonly conflicts: number;
  /** Slots or blocks between the last duty of the old holder and the first of the new one. */
  readonly gap: number;
  readonly newHolder: string;
}

export interface ChainFacts {
  readonly chain: string;
  /** What stood in for the chain and its programs. */
  readonly against: string;
  readonly planned: SwitchFacts;
  readonly crash: SwitchFacts;
  /** Both nodes with the key at once: what the server must see. */
  readonly negative: { readonly conflicts: number };
}

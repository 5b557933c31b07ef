/**
 * An explicit-state explorer: every state that any order of steps can reach, breadth first, so that the first violation found is a
 * shortest one. States are told apart exactly, by their encoding, never by a hash that could collide.
 */

export interface Step<S> {
  /** One sentence for people; asked for only when a counterexample is told. */
  readonly say: () => string;
  readonly to: S;
  /** What this very step did wrong, or nothing. */
  readonly wrong?: string | null;
  /**
   * `trouble` is a fault, or somebody who gives up; `operator` a person who starts something; `resort` what is done when no proof is to be had.
   * Anything else happens of itself in time.
   */
  readonly kind?: Kind;
}

export type Kind = 'trouble' | 'operator' | 'resort' | 'itself';

export interface Model<S> {
  readonly name: string;
  readonly initial: S;
  steps(state: S): Step<S>[];
  /** What must never be true of a state, in a sentence, or null. */
  wrong(state: S): string | null;
  encode(state: S): string;
}

export interface Bounds {
  readonly maxStates: number;
}

export interface Counterexample {
  readonly steps: readonly string[];
  readonly wrong: string;
}

export interface Explored {
  readonly states: number;
  readonly transitions: number;
  /** Longest of the shortest paths to a state. */
  readonly depth: number;
  /** Nothing was left to look at. */
  readonly complete: boolean;
  readonly counterexample: Counterexample | null;
}

/** A growing list of small numbers: where each state was first come to from. */
class Trail {
  #parents = new Int32Array(1 << 16);
  #ordinals = new Uint16Array(1 << 16);
  length = 0;

  add(parent: number, ordinal: number): number {
    if (this.length === this.#parents.length) {
      const parents = new Int32Array(this.length * 2);
      const ordinals = new Uint16Array(this.length * 2);
      parents.set(this.#parents);
      ordinals.set(this.#ordinals);
      [this.#parents, this.#ordinals] = [parents, ordinals];
    }
    this.#parents[this.length] = parent;
    this.#ordinals[this.length] = ordinal;
    this.length += 1;
    return this.length - 1;
  }

  /** The ordinals of the steps that lead to this state. */
  to(index: number): number[] {
    const path: number[] = [];
    for (let at = index; at > 0; at = this.#parents[at] ?? 0) path.unshift(this.#ordinals[at] ?? 0);
    return path;
  }
}

const retell = <S>(model: Model<S>, path: readonly number[]): string[] => {
  const told: string[] = [];
  let state = model.initial;
  for (const ordinal of path) {
    const step = model.steps(state)[ordinal];
    if (!step) throw new Error(`${model.name}: the steps of a state are not the same when asked for again`);
    told.push(step.say());
    state = step.to;
  }
  return told;
};

/** Explores until nothing is left, a violation is found, or the bound is reached. `each` sees every state once. */
export const explore = <S>(model: Model<S>, bounds: Bounds, each?: (state: S, index: number) => void): Explored => {
  const seen = new Set([model.encode(model.initial)]);
  const trail = new Trail();
  trail.add(0, 0);
  let [layer, first, depth, transitions] = [[model.initial], 0, 0, 0];
  const found = (path: readonly number[], wrong: string): Explored => ({
    states: seen.size,
    transitions,
    depth: path.length,
    complete: false,
    counterexample: { steps: retell(model, path), wrong },
  });
  const atOnce = model.wrong(model.initial);
  if (atOnce !== null) return found([], atOnce);
  each?.(model.initial, 0);
  while (layer.length > 0) {
    const next: S[] = [];
    const nextFirst = trail.length;
    for (const [offset, state] of layer.entries()) {
      const from = first + offset;
      for (const [ordinal, step] of model.steps(state).entries()) {
        transitions += 1;
        if (step.wrong) return found([...trail.to(from), ordinal], step.wrong);
        const key = model.encode(step.to);
        if (seen.has(key)) continue;
        if (seen.size >= bounds.maxStates) return { states: seen.size, transitions, depth, complete: false, counterexample: null };
        seen.add(key);
        const index = trail.add(from, ordinal);
        const wrong = model.wrong(step.to);
        if (wrong !== null) return found(trail.to(index), wrong);
        each?.(step.to, index);
        next.push(step.to);
      }
    }
    if (next.length > 0) depth += 1;
    [layer, first] = [next, nextFirst];
  }
  return { states: seen.size, transitions, depth, complete: true, counterexample: null };
};

/** The counterexample as numbered sentences. */
export const tell = ({ steps, wrong }: Counterexample): string =>
  [...steps.map((step, index) => `${String(index + 1).padStart(3)}. ${step}`), `  ⇒  ${wrong}`].join('\n');

/** One mutant as Stryker judged it. */
export interface Mutant {
  readonly file: string;
  readonly line: number;
  readonly status: string;
  readonly mutatorName: string;
  readonly replacement: string;
}

export interface Count {
  readonly mutants: number;
  readonly killed: number;
  readonly timeout: number;
  /** Not noticed by any test, covered or not. */
  readonly survived: number;
  /** Taken out by a proof beside the code. */
  readonly equivalent: number;
  /** No test could even be loaded: noticed, but by no assertion, so it counts neither way. */
  readonly broken: number;
}

export const countOf = (mutants: readonly Pick<Mutant, 'status'>[]): Count => {
  const of = (...statuses: string[]): number => mutants.filter(({ status }) => statuses.includes(status)).length;
  return {
    mutants: mutants.length,
    killed: of('Killed'),
    timeout: of('Timeout'),
    survived: of('Survived', 'NoCoverage'),
    equivalent: of('Ignored'),
    broken: of('RuntimeError', 'CompileError'),
  };
};

/** Percent of the mutants that were noticed, of those that could be. */
export const scoreOf = ({ killed, timeout, survived }: Count): number => {
  const judged = killed + timeout + survived;
  return judged === 0 ? 100 : ((killed + timeout) / judged) * 100;
};

const proof = /^\s*\/\/ Stryker disable next-line (?!all\b)[A-Za-z]+(,[A-Za-z]+)*: equivalent because .{20,}$/;

/** Exceptions that are no proof, stand for more than one line, or take nothing out any more. */
export const proofFaults = (file: string, source: string, mutants: readonly Mutant[]): string[] =>
  source.split('\n').flatMap((text, index) => {
    if (!text.includes('Stryker disable')) return [];
    const at = `${file}:${index + 1}`;
    if (!proof.test(text)) return [`${at} is no proof: expected "// Stryker disable next-line Mutator: equivalent because …"`];
    const used = mutants.some(({ line, status }) => status === 'Ignored' && line === index + 2);
    return used ? [] : [`${at} takes no mutant out: remove it`];
  });

/** Values that each parameter of the SSM documents must take, and such that it must refuse. */

interface Examples {
  readonly valid: readonly string[];
  readonly invalid: readonly string[];
}

const marks: Examples = {
  valid: ['none', 'consensus-12-0-3', 'slot-7', 'eip3076-95-3-4', `slot-${'9'.repeat(15)}`],
  invalid: ['', 'None', 'consensus-12-0-3;', 'slot-', 'slot--1', 'slot-1\n', `slot-${'9'.repeat(16)}`, 'slot-$(x)', 'slot 1', 'slot-1-2-3-4'],
};

export const documentExamples: Readonly<Record<string, Examples>> = {
  Validator: {
    valid: ['hub-1', 'a', '0', 'cosmoshub-4-main', '9-9', 'a'.repeat(40)],
    invalid: ['', 'Hub', '../x', 'a b', 'x;reboot', '$(x)', '-x', 'a'.repeat(41), 'x\ny', '`x`', 'x\n', 'a_b', 'a.b', 'a/b', 'é', '{{ x }}'],
  },
  Term: {
    valid: ['1', '2', '10', '9007199254740991', '9'.repeat(16)],
    invalid: ['', '0', '-1', '1.5', '01', '1e3', ' 1', '1;', '9'.repeat(17), '1\n', '0x1', '+1', '१', 'one'],
  },
  Nonce: {
    valid: ['a'.repeat(32), '0'.repeat(32), '0123456789abcdef0123456789abcdef'],
    invalid: [
      '',
      'a',
      'A'.repeat(32),
      'g'.repeat(32),
      'a'.repeat(31),
      'a'.repeat(33),
      `${'a'.repeat(31)}\n`,
      `${'a'.repeat(32)}\n`,
      `${'a'.repeat(32)};`,
    ],
  },
  Least: marks,
  Most: marks,
};

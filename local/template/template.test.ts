import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { loadTemplate, resolveTemplate, type Resolved } from './index.ts';

const folder = mkdtempSync(join(tmpdir(), 'baton-template-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const resolve = (text: string, parameters: Record<string, string> = {}, region = 'us-east-1'): Resolved => {
  const file = join(folder, 'template.yaml');
  writeFileSync(file, text);
  const imports = { shared: 'vpc-1' };
  return resolveTemplate(loadTemplate(file), { region, account: '123456789012', stack: 'baton', parameters, imports });
};

/** The properties of one topic, whose DisplayName is this. */
const shown = (value: string, more = ''): unknown =>
  resolve(`${more}\nResources:\n  Topic:\n    Type: AWS::SNS::Topic\n    Properties:\n      DisplayName: ${value}\n`).resources['Topic']?.Properties[
    'DisplayName'
  ];

const parameters = `
Parameters:
  Mode: { Type: String, Default: home, AllowedValues: [home, vantage] }
  Days: { Type: Number, Default: 30, MinValue: 1, MaxValue: 90 }
  Name: { Type: String, Default: baton, AllowedPattern: '[a-z]+', MinLength: 2, MaxLength: 8 }
  Zones: { Type: CommaDelimitedList, Default: 'a, b' }
  Needed: { Type: String }
`;
const nothingElse = '\nResources: {}\n';

describe('functions', () => {
  test.each([
    ['!Ref AWS::Region', 'us-east-1'],
    ['!Sub "${AWS::StackName}-${AWS::AccountId}"', 'baton-123456789012'],
    ['!Sub "${!aws:PrincipalTag/x} ${AWS::Partition}"', '${aws:PrincipalTag/x} aws'],
    ['!Sub ["${a}-${AWS::Region}", {a: !Ref AWS::StackName}]', 'baton-us-east-1'],
    ['!Join ["-", [a, !Ref AWS::StackName]]', 'a-baton'],
    ['!Select [1, !Split [".", a.b.c]]', 'b'],
    ['!Base64 ab', 'YWI='],
    ['!ImportValue shared', 'vpc-1'],
    ['!FindInMap [Sizes, us-east-1, Small]', 's'],
    ['!If [Always, a, b]', 'a'],
    ['!If [Never, a, b]', 'b'],
    ['[a, !Ref AWS::NoValue, b]', ['a', 'b']],
    ['{a: 1, b: !If [Never, 2, !Ref AWS::NoValue]}', { a: 1 }],
    ['{Condition: {Bool: {a: "true"}}}', { Condition: { Bool: { a: 'true' } } }],
  ])('%s', (value, expected) => {
    const more = `
Mappings: {Sizes: {us-east-1: {Small: s}}}
Conditions:
  Always: !Equals [!Ref AWS::Region, us-east-1]
  Never: !Not [!Condition Always]
`;
    expect(shown(value, more)).toEqual(expected);
  });

  test.each([
    ['!Ref Nobody', 'there is no parameter or resource Nobody'],
    ['!GetAtt Topic.Colour', 'AWS::SNS::Topic has no attribute Colour'],
    ['!GetAtt Topic', '!GetAtt Topic is not RESOURCE.ATTRIBUTE'],
    ['!Sub "${Nobody}"', 'there is no parameter or resource Nobody'],
    ['!Sub "${aws:PrincipalTag/x}"', 'there is no parameter or resource aws:PrincipalTag/x'],
    ['!Sub ["${AWS::Region}", {a: b}]', 'a is given to Fn::Sub and not used'],
    ['!Cidr [10.0.0.0/8, 1, 8]', 'unknown tag !Cidr'],
    ['{"Fn::Length": [1]}', 'unknown function Fn::Length'],
    ['{"Fn::Join": [a, b], c: d}', 'Fn::Join stands beside other keys'],
    ['!Join [a]', 'expected 2 arguments, found 1'],
    ['!Join ["-", a]', 'expected a list'],
    ['!Select [3, [a, b]]', 'Fn::Select finds nothing at this index'],
    ['!If [Unknown, a, b]', 'there is no condition Unknown'],
    ['!ImportValue other', 'no stack exports other'],
    ['!FindInMap [Sizes, us-east-1, Small]', 'expected a map'],
    ['"arn:${AWS::Partition}:x"', 'needs Fn::Sub'],
    ['!!binary aGk=', 'unknown tag tag:yaml.org,2002:binary'],
    ['yes', 'yes must be quoted'],
    ['0123', '0123 must be quoted'],
    ['{Null: {a: b}}', 'every key must be a word'],
    ['{"Fn::Transform": {Name: AWS::Other, Parameters: {}}}', 'unknown transform AWS::Other'],
    ['{"Fn::Transform": {Name: AWS::Include, Parameters: {Location: absent.yaml}}}', 'there is no such file'],
  ])('%s is refused', (value, reason) => {
    expect(() => shown(value)).toThrow(reason);
  });

  test('an included file comes in as it is, beside other keys', () => {
    writeFileSync(join(folder, 'part.yaml'), 'a: 1\nb: [two]\n');
    expect(shown('{"Fn::Transform": {Name: AWS::Include, Parameters: {Location: part.yaml}}, c: 3}')).toEqual({ a: 1, b: ['two'], c: 3 });
  });
  test('an included file may hold no short forms', () => {
    writeFileSync(join(folder, 'short.yaml'), 'a: !Ref B\n');
    expect(() => shown('{"Fn::Transform": {Name: AWS::Include, Parameters: {Location: short.yaml}}}')).toThrow(
      '!Ref: an included file may hold no short forms',
    );
  });
});

describe('parameters', () => {
  test('defaults and given values, as Ref gives them', () => {
    expect(resolve(parameters + nothingElse, { Needed: 'x', Days: '7' }).parameters).toEqual({
      Mode: 'home',
      Days: '7',
      Name: 'baton',
      Zones: ['a', 'b'],
      Needed: 'x',
    });
  });
  test.each([
    [{}, 'Parameters.Needed: has no value and no default'],
    [{ Needed: 'x', Other: 'y' }, 'there is no parameter Other'],
    [{ Needed: 'x', Mode: 'away' }, '"away" is not one of home, vantage'],
    [{ Needed: 'x', Days: '0' }, '"0" is too small'],
    [{ Needed: 'x', Days: '91' }, '"91" is too large'],
    [{ Needed: 'x', Days: 'ten' }, '"ten" is not a number'],
    [{ Needed: 'x', Name: 'Baton' }, '"Baton" does not match [a-z]+'],
    [{ Needed: 'x', Name: 'b' }, '"b" is too short'],
    [{ Needed: 'x', Name: 'batonbaton' }, '"batonbaton" is too long'],
  ])('%j is refused', (given: Record<string, string>, reason) => {
    expect(() => resolve(parameters + nothingElse, given)).toThrow(reason);
  });
  test.each([
    ['{ Type: AWS::SSM::Parameter::Value<String> }', 'unknown type AWS::SSM::Parameter::Value<String>'],
    ['{ Type: String, Colour: red }', 'unknown key Colour'],
    ['{ Type: Number, Default: 1, MinValue: one }', 'expected a number'],
  ])('%s is refused', (declared, reason) => {
    expect(() => resolve(`Parameters:\n  One: ${declared}${nothingElse}`)).toThrow(reason);
  });
});

describe('conditions and rules', () => {
  const rules = `
Parameters:
  Region: { Type: String, Default: '' }
  Key: { Type: String, Default: '' }
Conditions:
  Given: !Not [!Equals [!Ref Region, '']]
  Both: !And [!Condition Given, !Not [!Equals [!Ref Key, '']]]
  Any: !Or [!Condition Given, !Not [!Equals [!Ref Key, '']]]
Rules:
  KeyWithRegion:
    RuleCondition: !Not [!Equals [!Ref Region, '']]
    Assertions:
      - Assert: !Not [!Equals [!Ref Key, '']]
        AssertDescription: A Region needs a key.
      - Assert: { 'Fn::Contains': [[us-east-1, us-west-2], !Ref Region] }
        AssertDescription: Another Region is needed.
Resources: {}
`;
  test('conditions are judged', () => {
    expect(resolve(rules).conditions).toEqual({ Given: false, Both: false, Any: false });
    expect(resolve(rules, { Key: 'k' }).conditions).toEqual({ Given: false, Both: false, Any: true });
    expect(resolve(rules, { Key: 'k', Region: 'us-west-2' }).conditions).toEqual({ Given: true, Both: true, Any: true });
  });
  test('an assertion that does not hold is told in its own words', () => {
    expect(() => resolve(rules, { Region: 'us-west-2' })).toThrow('A Region needs a key.');
    expect(() => resolve(rules, { Region: 'eu-west-1', Key: 'k' })).toThrow('Another Region is needed.');
  });
  test.each([
    ['Conditions:\n  A: !Condition B\n  B: !Condition A', 'condition A refers to itself'],
    ['Conditions:\n  A: !Equals [!Ref Topic, x]', 'Topic is a resource, which cannot be seen here'],
    ['Conditions:\n  A: !Equals [!GetAtt Topic.TopicName, x]', 'Topic is a resource, which cannot be seen here'],
    ['Conditions:\n  A: !Sub x', 'Fn::Sub is no condition'],
    ['Conditions:\n  A: !And [!Equals [a, a]]', 'takes 2 to 10 conditions'],
    ['Conditions:\n  A: !Equals [a]', 'expected 2 arguments, found 1'],
    ['Conditions:\n  A: {"Fn::Contains": [[a], a]}', 'Fn::Contains is no condition'],
    ['Rules:\n  A: {Assertions: [{Assert: {"Fn::RefAll": x}, AssertDescription: d}]}', 'Fn::RefAll is no condition'],
    ['Rules:\n  A: {Assert: []}', 'unknown key Assert'],
  ])('%s is refused', (text, reason) => {
    expect(() => resolve(`${text}\nResources:\n  Topic: { Type: AWS::SNS::Topic }\n`)).toThrow(reason);
  });
});

describe('resources', () => {
  const text = `
Parameters:
  Mode: { Type: String, Default: home }
Conditions:
  Home: !Equals [!Ref Mode, home]
Globals:
  Function: { Timeout: 10, Environment: { Variables: { A: a, B: b } }, Layers: [one] }
Resources:
  Key: { Type: AWS::KMS::Key, DeletionPolicy: Retain, UpdateReplacePolicy: Retain, Metadata: { Why: !Ref AWS::StackName } }
  Role: { Type: AWS::IAM::Role, Properties: { RoleName: !Sub '\${AWS::StackName}-fence' } }
  Table: { Type: AWS::DynamoDB::GlobalTable, Condition: Home }
  Fence:
    Type: AWS::Serverless::Function
    DependsOn: [Role, Table]
    Properties: { Timeout: 20, Environment: { Variables: { B: c, K: !GetAtt Key.Arn } }, Layers: [two], Role: !GetAtt Role.Arn }
Outputs:
  Table: { Condition: Home, Value: !GetAtt Table.Arn, Description: The lease. }
  Key: { Value: !Ref Key }
`;
  test('names and ARNs are as they would be, the same each time', () => {
    const found = resolve(text);
    expect(found.attribute('Role', 'Arn')).toBe('arn:aws:iam::123456789012:role/baton-fence');
    expect(found.ref('Table')).toBe('baton-Table-E202052DB404');
    expect(found.attribute('Table', 'Arn')).toBe('arn:aws:dynamodb:us-east-1:123456789012:table/baton-Table-E202052DB404');
    expect(found.attribute('Fence', 'Arn')).toBe('arn:aws:lambda:us-east-1:123456789012:function:baton-Fence-76AE1AAFEEB1');
    expect(found.ref('Key')).toMatch(/^[a-f0-9]{8}(-[a-f0-9]{4}){3}-[a-f0-9]{12}$/);
    expect(found.outputs).toEqual({ Table: { Value: found.attribute('Table', 'Arn'), Description: 'The lease.' }, Key: { Value: found.ref('Key') } });
    expect(found.resources['Key']).toEqual({
      Type: 'AWS::KMS::Key',
      Properties: {},
      Metadata: { Why: 'baton' },
      DependsOn: [],
      DeletionPolicy: 'Retain',
      UpdateReplacePolicy: 'Retain',
    });
  });
  test('globals are merged as SAM merges them', () => {
    expect(resolve(text).resources['Fence']?.Properties).toEqual({
      Timeout: 20,
      Environment: { Variables: { A: 'a', B: 'c', K: resolve(text).attribute('Key', 'Arn') } },
      Layers: ['one', 'two'],
      Role: 'arn:aws:iam::123456789012:role/baton-fence',
    });
  });
  test('what a condition excludes is not there', () => {
    const found = resolve(text, { Mode: 'vantage' });
    expect(Object.keys(found.resources)).toEqual(['Key', 'Role', 'Fence']);
    expect(found.resources['Fence']?.DependsOn).toEqual(['Role']);
    expect(Object.keys(found.outputs)).toEqual(['Key']);
    expect(() => found.ref('Table')).toThrow('Table is not created here');
  });
  test('other partitions have other ARNs', () => {
    expect(resolve(text, {}, 'cn-north-1').attribute('Role', 'Arn')).toBe('arn:aws-cn:iam::123456789012:role/baton-fence');
    expect(resolve(text, {}, 'us-gov-west-1').partition).toBe('aws-us-gov');
  });
  test.each([
    ['Resources: { A: { Type: AWS::S3::Bucket } }', 'Resources.A: unknown type AWS::S3::Bucket'],
    ['Conditions: { Never: !Equals [a, b] }\nResources: { A: { Type: AWS::S3::Bucket, Condition: Never } }', 'unknown type AWS::S3::Bucket'],
    ['Resources: { A: { Type: AWS::SNS::Topic, Colour: red } }', 'unknown key Colour'],
    ['Resources: { A: { Type: AWS::SNS::Topic, Condition: Never } }', 'there is no condition Never'],
    ['Resources: { A: { Type: AWS::SNS::Topic, DependsOn: B } }', 'there is no parameter or resource B'],
    ['Resources: { A: { Type: AWS::SNS::Topic, DeletionPolicy: Keep } }', 'Keep is not one of Delete, Retain, RetainExceptOnCreate, Snapshot'],
    [
      'Resources: { A: { Type: AWS::SNS::Topic, DependsOn: B }, B: { Type: AWS::SNS::Topic, Properties: { DisplayName: !Ref A } } }',
      'circular dependency A → B → A',
    ],
    ['Resources: { A: { Type: AWS::SNS::Topic, Properties: { TopicName: !GetAtt A.TopicName } } }', 'the name of A refers to itself'],
    [
      [
        'Conditions: { Never: !Equals [a, b] }',
        'Resources:',
        '  A: { Type: AWS::SNS::Topic, Condition: Never }',
        '  B: { Type: AWS::SNS::Topic, Properties: { X: !Ref A } }',
      ].join('\n'),
      'Resources.B.Properties.X: A is not created here: its condition does not hold',
    ],
    ['Globals: { Table: {} }\nResources: {}', 'unknown key Table'],
    ['Resources: {}\nOutputs: { A: { Value: [1] } }', 'expected a text'],
    ['Resources: {}\nOutputs: { A: { Value: x, Colour: red } }', 'unknown key Colour'],
    ['Colours: {}\nResources: {}', 'unknown key Colours'],
    ['Parameters: {}', 'there are no resources'],
    ['Resources: { A: &a { Type: AWS::SNS::Topic }, B: *a }', 'CloudFormation knows no aliases'],
    ['Resources: {}\nResources: {}', 'Map keys must be unique'],
    ['Resources: [', 'yaml:'],
  ])('%s is refused', (bad, reason) => {
    expect(() => resolve(bad)).toThrow(reason);
  });
  test('a file that is not there is refused', () => {
    expect(() => loadTemplate(join(folder, 'absent.yaml'))).toThrow('there is no such file');
  });
});

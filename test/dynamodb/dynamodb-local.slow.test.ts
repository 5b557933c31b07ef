import { test } from 'vitest';
import { conformance } from './conformance.ts';
import { javaMissing, startJavaDynamo } from './java-dynamodb.ts';

const missing = javaMissing();
if (missing === null) conformance('DynamoDB Local', startJavaDynamo);
else {
  console.warn(`DynamoDB Local is skipped: ${missing}`);
  test('DynamoDB Local', ({ skip }) => {
    skip(missing);
  });
}

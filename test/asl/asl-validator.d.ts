declare module 'asl-validator' {
  const validate: (definition: Record<string, unknown>) => { isValid: boolean; errorsText(): string };
  export default validate;
}

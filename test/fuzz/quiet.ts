/** Imported before everything that logs: millions of inputs would be millions of lines. */

process.env['POWERTOOLS_LOG_LEVEL'] = 'SILENT';
process.env['POWERTOOLS_METRICS_DISABLED'] = 'true';
// A YAML tag that is not known is told as a warning of the process.
process.emitWarning = () => undefined;
// Most inputs end in an error: its first frames are enough.
Error.stackTraceLimit = 4;

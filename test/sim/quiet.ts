/** Imported first: the logger and the metrics of the functions say nothing here. What they would log is judged instead. */
Object.assign(process.env, { POWERTOOLS_LOG_LEVEL: 'SILENT', POWERTOOLS_METRICS_DISABLED: 'true', POWERTOOLS_SERVICE_NAME: 'baton' });

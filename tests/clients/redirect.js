// Loaded before countapi-js: redirects its requests from CountAPI's host to the seen at $SEEN,
// under /countapi.
'use strict';

const http = require('http');
const https = require('https');

const seen = new URL(process.env.SEEN);
const request = https.request;

https.request = function (options, ...rest) {
    if (options.hostname !== 'api.countapi.xyz') {
        return request.call(this, options, ...rest);
    }
    return http.request({
        method: options.method,
        hostname: seen.hostname,
        port: seen.port,
        path: '/countapi' + options.path,
        headers: options.headers,
    }, ...rest);
};

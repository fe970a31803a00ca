import helmet from 'helmet';

/** Middleware that sets the security headers: only the demo's own files may load, and no site may frame the demo. */
export const securityHeaders = helmet({
  contentSecurityPolicy: {
    useDefaults: false,
    directives: {
      defaultSrc: ["'none'"],
      scriptSrc: ["'self'"],
      styleSrc: ["'self'"],
      imgSrc: ["'self'"],
      connectSrc: ["'self'"],
      baseUri: ["'none'"],
      formAction: ["'none'"],
      frameAncestors: ["'none'"],
    },
  },
  frameguard: { action: 'deny' },
  // The demo runs without TLS. A reverse proxy with TLS in front of it sets this header.
  strictTransportSecurity: false,
});

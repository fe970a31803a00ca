import helmet from 'helmet';

/** Sets headers that allow only the demo's own files, and no other site to frame the demo. */
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

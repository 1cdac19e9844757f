# The image brings its own Node and leaves out the optional packages that bring one from npm.
FROM node:26.10.0-bookworm-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc tsconfig.json tsconfig.build.json ./
RUN npm ci --ignore-scripts
COPY src src
RUN npm run build && npm prune --omit=dev --omit=optional --ignore-scripts

FROM node:26.10.0-bookworm-slim
ENV NODE_ENV=production
WORKDIR /opt/kubewitness
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/dist dist
COPY package.json LICENSE ./
COPY detections detections
COPY policy-templates policy-templates
RUN install -d -o node -g node -m 0700 /var/lib/kubewitness
USER node
WORKDIR /var/lib/kubewitness
VOLUME /var/lib/kubewitness
EXPOSE 9443 9480
# Node is asked, because the image has no curl.
HEALTHCHECK --interval=10s --timeout=5s --start-period=30s \
    CMD ["node", "-e", "fetch('http://127.0.0.1:9480/readyz').then((r) => process.exit(r.ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--max-semi-space-size=4", "--no-parallel-scavenge", "--no-incremental-marking", "--heap-growing-percent=50", "--max-inlined-bytecode-size-cumulative=460", "/opt/kubewitness/dist/main.js"]
CMD ["serve", "--config", "/etc/kubewitness/kubewitness.yml"]

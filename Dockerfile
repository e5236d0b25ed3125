# The server alone, on Debian, with redis-cli and redis-benchmark beside it.
# Where these two bases cannot be pulled, tests/docker/make-base-images makes
# images of the same names from Debian's packages and the installed toolchain.

FROM rust:1.95-bookworm AS build
WORKDIR /build
ENV CARGO_PROFILE_RELEASE_DEBUG=none CARGO_PROFILE_RELEASE_STRIP=symbols
# The dependencies first, with an empty crate: their layer stays until
# Cargo.lock changes, whatever is edited in src/.
COPY Cargo.toml Cargo.lock ./
RUN mkdir src && echo 'fn main() {}' > src/main.rs && touch src/lib.rs \
    && cargo build --release --locked --bin understudy
COPY src src
RUN touch src/main.rs src/lib.rs && cargo build --release --locked --bin understudy

FROM debian:bookworm-slim
# The ids of Docker's own redis image, so that a data folder can change hands.
RUN groupadd --system --gid 999 redis \
    && useradd --system --uid 999 --gid redis --home-dir /data --no-create-home redis \
    && apt-get update \
    && apt-get install --yes --no-install-recommends redis-tools \
    && rm -rf /var/lib/apt/lists/* /var/cache/apt/* /var/log/apt /var/log/dpkg.log \
    && install -d -o redis -g redis /data
COPY --from=build /build/target/release/understudy /usr/local/bin/understudy
COPY docker/entrypoint.sh docker/healthcheck.sh /usr/local/bin/
# Sentinel is Redis's own, which Debian's redis-tools has under another name.
RUN ln -s understudy /usr/local/bin/redis-server \
    && ln -s /usr/bin/redis-check-rdb /usr/local/bin/redis-sentinel
VOLUME /data
WORKDIR /data
EXPOSE 6379
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=5s --timeout=3s --start-period=30s --retries=3 CMD ["healthcheck.sh"]
ENTRYPOINT ["entrypoint.sh"]
CMD ["redis-server"]

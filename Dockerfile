ARG PYTHON_VERSION=3.12

FROM python:${PYTHON_VERSION}-slim AS build
WORKDIR /src
COPY pyproject.toml README.md LICENSE ./
COPY emulator emulator
COPY schemas schemas
COPY scenarios scenarios
# the bytecode is made now, since the image runs with a read-only root
RUN python -m venv /opt/emulator \
 && /opt/emulator/bin/pip install --no-cache-dir --disable-pip-version-check '.[srtp]' \
 && /opt/emulator/bin/python -m compileall -q /opt/emulator/lib

FROM python:${PYTHON_VERSION}-slim
COPY --from=build /opt/emulator /opt/emulator
ENV PATH=/opt/emulator/bin:$PATH \
    PYTHONDONTWRITEBYTECODE=1 \
    PYTHONUNBUFFERED=1 \
    SIPREC_EMULATOR_HOST=0.0.0.0 \
    SIPREC_EMULATOR_PORT=12111
USER 65532:65532
WORKDIR /
EXPOSE 12111
HEALTHCHECK --interval=5s --timeout=3s --start-period=10s --retries=3 CMD ["siprec-emulator", "health"]
ENTRYPOINT ["siprec-emulator"]
CMD ["serve"]

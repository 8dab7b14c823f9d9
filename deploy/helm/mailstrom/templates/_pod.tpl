{{/* What the pods of both shapes are. */}}
{{- define "mailstrom.podTemplate" -}}
metadata:
  labels:
    {{- with .Values.podLabels }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
    {{- include "mailstrom.selectorLabels" . | nindent 4 }}
  annotations:
    # Another configuration is rolled out.
    mailstrom/config: {{ include "mailstrom.config" . | sha256sum }}
    {{- with .Values.podAnnotations }}
    {{- toYaml . | nindent 4 }}
    {{- end }}
spec:
  serviceAccountName: {{ include "mailstrom.fullname" . }}
  automountServiceAccountToken: false
  enableServiceLinks: false
  # SIGTERM begins the drain.
  terminationGracePeriodSeconds: {{ .Values.terminationGracePeriodSeconds }}
  {{- with .Values.imagePullSecrets }}
  imagePullSecrets: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.priorityClassName }}
  priorityClassName: {{ . }}
  {{- end }}
  {{- with .Values.nodeSelector }}
  nodeSelector: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.tolerations }}
  tolerations: {{- toYaml . | nindent 4 }}
  {{- end }}
  {{- with .Values.affinity }}
  affinity: {{- toYaml . | nindent 4 }}
  {{- end }}
  securityContext:
    runAsNonRoot: true
    runAsUser: 10001
    runAsGroup: 10001
    fsGroup: 10001
    # Else each start goes through all files of the volume.
    fsGroupChangePolicy: OnRootMismatch
    seccompProfile:
      type: RuntimeDefault
  containers:
    - name: mailstromd
      image: {{ include "mailstrom.image" . }}
      imagePullPolicy: {{ .Values.image.pullPolicy }}
      args: [--config, /etc/mailstrom/mailstromd.yaml]
      ports:
        - name: grpc
          containerPort: 2626
        {{- if .Values.metrics.enabled }}
        - name: metrics
          containerPort: 9464
        {{- end }}
      # Meanwhile whoever routes calls learns that the pod is going; connections that are there still serve.
      lifecycle:
        preStop:
          sleep:
            seconds: {{ .Values.preStopSeconds }}
      # A store that an older version wrote may take its time to be brought up to date.
      startupProbe:
        {{- include "mailstrom.probe" (merge (dict "page" "/healthz" "service" "liveness") .) | nindent 8 }}
        periodSeconds: 2
        failureThreshold: 300
      # SERVING as long as the process answers. A full disk or a drain is no reason to kill it.
      livenessProbe:
        {{- include "mailstrom.probe" (merge (dict "page" "/healthz" "service" "liveness") .) | nindent 8 }}
        periodSeconds: 10
        timeoutSeconds: 5
        failureThreshold: 6
      # NOT_SERVING while the store refuses work, and during the drain.
      readinessProbe:
        {{- include "mailstrom.probe" (merge (dict "page" "/readyz") .) | nindent 8 }}
        periodSeconds: 5
        timeoutSeconds: 3
        failureThreshold: 2
      resources: {{- toYaml .Values.resources | nindent 8 }}
      securityContext:
        allowPrivilegeEscalation: false
        readOnlyRootFilesystem: true
        capabilities:
          drop: [ALL]
      volumeMounts:
        {{- if eq .Values.store.kind "embedded" }}
        - name: data
          mountPath: /var/lib/mailstrom
        {{- else }}
        - name: store
          mountPath: /run/secrets/mailstrom-store
          readOnly: true
        {{- end }}
        - name: config
          mountPath: /etc/mailstrom
          readOnly: true
        - name: secrets
          mountPath: /run/secrets/mailstrom
          readOnly: true
  {{- if eq .Values.store.kind "shared" }}
  # A node that is lost takes few pods with it.
  topologySpreadConstraints:
    - maxSkew: 1
      topologyKey: kubernetes.io/hostname
      whenUnsatisfiable: ScheduleAnyway
      labelSelector:
        matchLabels: {{- include "mailstrom.selectorLabels" . | nindent 10 }}
  {{- end }}
  volumes:
    {{- if eq .Values.store.kind "shared" }}
    - name: store
      secret:
        secretName: {{ .Values.store.shared.urlSecret.name }}
        items:
          - key: {{ .Values.store.shared.urlSecret.key }}
            path: url
        defaultMode: 0440
    {{- end }}
    - name: config
      configMap:
        name: {{ include "mailstrom.fullname" . }}
    # DKIM keys and passwords for relays, which the configuration names by file.
    - name: secrets
      secret:
        secretName: {{ .Values.existingSecret | default (include "mailstrom.fullname" .) }}
        # Without any, mail goes unsigned; one that is named must be there.
        optional: {{ and (empty .Values.existingSecret) (empty .Values.accessFile) }}
        defaultMode: 0440
{{- end -}}

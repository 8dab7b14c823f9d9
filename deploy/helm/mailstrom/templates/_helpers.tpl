{{/* What all objects are named after: the release, with the chart's name unless it has that in it. */}}
{{- define "mailstrom.fullname" -}}
{{- if contains .Chart.Name .Release.Name -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name .Chart.Name | trunc 50 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{/* Never changes during the life of a release. */}}
{{- define "mailstrom.selectorLabels" -}}
app.kubernetes.io/name: {{ .Chart.Name }}
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end -}}

{{- define "mailstrom.labels" -}}
{{ include "mailstrom.selectorLabels" . }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .Chart.Name .Chart.Version }}
{{- end -}}

{{- define "mailstrom.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{/* mailstromd.yaml: `config`, and over it what the other templates rely on. */}}
{{- define "mailstrom.config" -}}
{{- $config := deepCopy .Values.config -}}
{{- $store := dict "rocksdb" (dict "path" "/var/lib/mailstrom/db") -}}
{{- if eq .Values.store.kind "shared" -}}
{{- $_ := required "store.shared.urlSecret.name is required: the Secret that holds the store's URL" .Values.store.shared.urlSecret.name -}}
{{- $store = dict "shared" (dict "url_file" "/run/secrets/mailstrom-store/url") -}}
{{- $_ := unset $config "store" -}}
{{- end -}}
{{- $hostName := required "hostName is required: the public name of this host, such as mail.example.com" .Values.hostName -}}
{{- $owned := dict
  "host_name" $hostName
  "listen_address" "[::]:2626"
  "store" $store -}}
{{- /* In clear it is the NetworkPolicy that keeps others out. */ -}}
{{- if not .Values.config.tls }}{{ $_ := set $owned "allow_insecure_listen" true }}{{ end -}}
{{- if .Values.metrics.enabled }}{{ $_ := set $owned "metrics" (dict "listen_address" "0.0.0.0:9464") }}{{ end -}}
{{- with .Values.accessFile -}}
{{- $_ := set $owned "access" (dict "file" (printf "/run/secrets/mailstrom/%s" .)) -}}
{{- end -}}
{{- mergeOverwrite $config $owned | toYaml -}}
{{- end -}}

{{/* How a probe asks: `page` over HTTP where calls are encrypted, else the gRPC health service for `service`. */}}
{{- define "mailstrom.probe" -}}
{{- if .Values.config.tls -}}
{{- if not .Values.metrics.enabled -}}
{{- fail "config.tls without metrics.enabled: probes could not ask anything" -}}
{{- end -}}
httpGet:
  port: metrics
  path: {{ .page }}
{{- else -}}
grpc:
  port: 2626
  {{- with .service }}
  service: {{ . }}
  {{- end }}
{{- end -}}
{{- end -}}

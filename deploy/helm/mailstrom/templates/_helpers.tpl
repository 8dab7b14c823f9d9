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
{{- if ne .Values.store.kind "embedded" -}}
{{- fail (printf "store.kind %q: mailstromd keeps its queue only on a volume of its own (embedded)" .Values.store.kind) -}}
{{- end -}}
{{- $hostName := required "hostName is required: the public name of this host, such as mail.example.com" .Values.hostName -}}
{{- $owned := dict
  "host_name" $hostName
  "listen_address" "[::]:2626"
  "allow_insecure_listen" true
  "store" (dict "rocksdb" (dict "path" "/var/lib/mailstrom/db")) -}}
{{- mergeOverwrite (deepCopy .Values.config) $owned | toYaml -}}
{{- end -}}

namespace EventCluster.Protocol;

/// <summary>How the payloads of a content type are framed on text transports.</summary>
public enum PayloadKind
{
    /// <summary>Bytes: base64 on SSE.</summary>
    Binary = 0,

    /// <summary>UTF-8 text (<c>text/*</c>): line by line on SSE.</summary>
    Text = 1,

    /// <summary>JSON values (<c>application/json</c>): arrays are flattened one level, GET answers an array.</summary>
    Json = 2,
}

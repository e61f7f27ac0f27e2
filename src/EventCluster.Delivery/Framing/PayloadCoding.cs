namespace EventCluster.Delivery.Framing;

/// <summary>How the payload of an event stands inside its frame.</summary>
internal enum PayloadCoding : byte
{
    /// <summary>As it is stored.</summary>
    Raw = 0,

    /// <summary>As it is stored; a line end begins a new <c>data:</c> line.</summary>
    Lines = 1,

    /// <summary>The same without the optional space, as <c>live=sse</c> writes it.</summary>
    Run = 2,

    /// <summary>JSON as it is stored; each CR and LF, white space there, begins a new <c>data:</c> line.</summary>
    JsonLines = 3,

    /// <summary>JSON as it is stored; each CR, white space there, is a space.</summary>
    JsonSpaces = 4,

    /// <summary>The inside of a JSON string.</summary>
    Escaped = 5,

    /// <summary>Base64.</summary>
    Base64 = 6,
}

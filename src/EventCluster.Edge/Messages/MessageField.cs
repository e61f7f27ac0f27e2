namespace EventCluster.Edge.Messages;

/// <summary>The members of client messages; <see cref="MessageFields"/> holds their names in this order.</summary>
internal enum MessageField
{
    Type = 0,
    Id = 1,
    Stream = 2,
    Offset = 3,
    Last = 4,
    OnGap = 5,
    Encoding = 6,
    Credit = 7,
    Bytes = 8,
    ContentType = 9,
    Events = 10,
    Close = 11,
    Producer = 12,
    Epoch = 13,
    Seq = 14,
    StreamSeq = 15,
    ExpectedOffset = 16,
    Data = 17,
    Base64 = 18,
    Window = 19,
    Cursor = 20,
    WaitForStream = 21,
    MaxMessageBytes = 22,
}

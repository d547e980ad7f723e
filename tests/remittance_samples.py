"""One small remittance advice of each form, made up, that a person can read. Tests change them and look what comes of it."""

from __future__ import annotations

EDI_820 = """\
ISA*00*          *00*          *ZZ*ACMEWIDGETS    *ZZ*OURCOMPANY     *240604*1200*U*00501*000000017*0*P*>~
GS*RA*ACMEWIDGETS*OURCOMPANY*20240604*1200*17*X*005010~
ST*820*0001~
BPR*C*2860.00*C*ACH*CTX*01*121042882*DA*9984123456*1234567890**01*231380104*DA*4400123456*20240604~
TRN*1*ACH0004711~
CUR*PR*USD~
N1*PR*ACME WIDGETS INC*92*C-1001~
N1*PE*OUR COMPANY~
ENT*1~
RMR*IV*INV-00123*PO*1960.00*2000.00*40.00~
REF*PO*PO-7001~
DTM*003*20240501~
RMR*IV*INV-00124*PO*1000.00*1100.00~
ADX*-100.00*04*IV*INV-00124~
RMR*CM*CM-00009*PO*-100.00~
SE*14*0001~
ST*820*0002~
BPR*C*75.50*C*CHK************20240605~
TRN*1*10023~
N1*PR*BETA AG~
RMR*IV*INV-00200*PO*75.50~
SE*6*0002~
GE*2*17~
IEA*1*000000017~
"""

UBL = """\
<?xml version="1.0" encoding="UTF-8"?>
<RemittanceAdvice xmlns="urn:oasis:names:specification:ubl:schema:xsd:RemittanceAdvice-2"
 xmlns:cac="urn:oasis:names:specification:ubl:schema:xsd:CommonAggregateComponents-2"
 xmlns:cbc="urn:oasis:names:specification:ubl:schema:xsd:CommonBasicComponents-2">
<cbc:UBLVersionID>2.1</cbc:UBLVersionID><cbc:ID>RA-17</cbc:ID><cbc:IssueDate>2024-06-04</cbc:IssueDate>
<cbc:TotalDebitAmount currencyID="EUR">1500.00</cbc:TotalDebitAmount>
<cbc:TotalCreditAmount currencyID="EUR">150.00</cbc:TotalCreditAmount>
<cbc:TotalPaymentAmount currencyID="EUR">1350.00</cbc:TotalPaymentAmount>
<cac:AccountingCustomerParty><cbc:SupplierAssignedAccountID>C-1001</cbc:SupplierAssignedAccountID>
<cac:Party><cac:PartyName><cbc:Name>Acme Widgets GmbH</cbc:Name></cac:PartyName></cac:Party></cac:AccountingCustomerParty>
<cac:PaymentMeans><cbc:PaymentMeansCode>30</cbc:PaymentMeansCode><cbc:PaymentDueDate>2024-06-05</cbc:PaymentDueDate>
<cbc:PaymentID>E2E-4711</cbc:PaymentID>
<cac:PayerFinancialAccount><cbc:ID>DE75512108001245126199</cbc:ID></cac:PayerFinancialAccount></cac:PaymentMeans>
<cac:RemittanceAdviceLine><cbc:ID>1</cbc:ID><cbc:Note>damaged goods</cbc:Note>
<cbc:DebitLineAmount currencyID="EUR">1000.00</cbc:DebitLineAmount><cbc:CreditLineAmount currencyID="EUR">50.00</cbc:CreditLineAmount>
<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>INV-00123</cbc:ID><cbc:IssueDate>2024-05-01</cbc:IssueDate></cac:InvoiceDocumentReference></cac:BillingReference>
</cac:RemittanceAdviceLine>
<cac:RemittanceAdviceLine><cbc:ID>2</cbc:ID><cbc:DebitLineAmount currencyID="EUR">500.00</cbc:DebitLineAmount>
<cac:BillingReference><cac:InvoiceDocumentReference><cbc:ID>INV-00124</cbc:ID></cac:InvoiceDocumentReference></cac:BillingReference>
</cac:RemittanceAdviceLine>
<cac:RemittanceAdviceLine><cbc:ID>3</cbc:ID><cbc:CreditLineAmount currencyID="EUR">100.00</cbc:CreditLineAmount>
<cac:BillingReference><cac:CreditNoteDocumentReference><cbc:ID>CM-00009</cbc:ID></cac:CreditNoteDocumentReference></cac:BillingReference>
</cac:RemittanceAdviceLine>
</RemittanceAdvice>
"""

TABLE_HEAD = "Invoice No;Invoice date;Gross;Discount;Deduction;Reason;Net paid"
TABLE = (
    TABLE_HEAD
    + """
INV-00123;2024-05-01;2.000,00;40,00;;;1.960,00
INV-00124;2024-05-02;1.100,00;;100,00;damaged goods;1.000,00
CM-00009;2024-05-03;-100,00;;;;-100,00
INV-00125;2024-05-04;12.345,67;;;;12.345,67
Total;;;;;;15.205,67
"""
)

TEXT = """\
Hello,

please find below what our transfer of today pays.

INV-00123   1,960.00
INV-00124   1,000.00
INV-00125   12,345.67
CM-00009   -100.00
Total paid: 15,205.67 USD

Payment date: 2024-06-04
Payment reference: ACH0004711

Kind regards
Ann Lee, Acme Widgets Inc
"""

ADVICES = {"820": EDI_820, "ubl": UBL, "remittance_table": TABLE, "remittance_text": TEXT}
